using Governance.Workflows.Hosting;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddGovernance();

var app = builder.Build();
app.MapGovernance();
app.MapDefaultEndpoints();
await app.RunAsync();
