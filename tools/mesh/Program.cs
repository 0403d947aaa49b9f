using System.CommandLine;
using Mesh.Tool;

return await MeshCommand.RunAsync(args, Terminal.System, new InvocationConfiguration());
