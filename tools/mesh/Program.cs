using System.CommandLine;
using Mesh.Tool.Verbs;

var root = new RootCommand("The mesh's command line.") { EvalVerb.Create(), TrainVerb.Create() };
return await root.Parse(args).InvokeAsync();
