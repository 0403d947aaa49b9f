using Router.Api;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddRouterApi();

var app = builder.Build();
app.MapRouterApi();
app.MapDefaultEndpoints();
await app.RunAsync();
