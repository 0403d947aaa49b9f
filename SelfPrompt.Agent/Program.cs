using SelfPrompt.Agent.Hosting;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddSelfPrompt();

var app = builder.Build();
app.MapSelfPrompt();
app.MapDefaultEndpoints();
await app.RunAsync();
