using Router.Api;
using Router.Api.Experts;
using Router.Api.Generation;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddExperts();
builder.AddEnsemble();
builder.AddRouterApi();

var app = builder.Build();
app.MapRouterApi();
app.MapDefaultEndpoints();
await app.RunAsync();
