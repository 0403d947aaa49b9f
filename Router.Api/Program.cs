using Router.Api;
using Router.Api.Experts;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddExperts();
builder.AddRouterApi();

var app = builder.Build();
app.MapRouterApi();
app.MapDefaultEndpoints();
await app.RunAsync();
