using Expert.Worker.Hosting;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddExpertWorker();

var app = builder.Build();
app.MapExpertWorker();
app.MapDefaultEndpoints();
app.Run();
