using Router.Api;
using Router.Api.Experts;
using Router.Api.Generation;
using Router.Api.Security;
using ServiceDefaults;

if (KeyCommand.IsMeant(args))
    return KeyCommand.Run(args, System.Console.Out, System.Console.Error);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddExperts();
builder.AddEnsemble();
builder.AddRouterApi();

var app = builder.Build();
app.MapRouterApi();
app.MapDefaultEndpoints();
await app.RunAsync();
return 0;
