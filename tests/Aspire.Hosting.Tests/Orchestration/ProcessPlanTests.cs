using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.Tests.Orchestration;

public sealed class ProcessPlanTests
{
    [Fact]
    public async Task A_reference_tells_where_the_other_listens_under_both_names()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var api = builder.AddProject("my-api", "Api.csproj").WithHttpEndpoint();
        var web = builder.AddExecutable("web", "sh", ".").WithReference(api);
        Ports.Allocate(builder.Resources, random: false);
        var plan = await ProcessPlan.MakeAsync(web.Resource, builder.ExecutionContext, CancellationToken.None);
        var url = api.GetEndpoint("http").Url;
        Assert.Equal(url, plan.Environment["services__my-api__http__0"]);
        Assert.Equal(url, plan.Environment["MY_API_HTTP"]);
    }

    [Fact]
    public async Task An_endpoint_with_a_variable_of_its_own_is_told_through_it()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var web = builder.AddExecutable("web", "sh", ".").WithHttpEndpoint(name: "stream", env: "STREAM_PORT");
        Ports.Allocate(builder.Resources, random: false);
        var plan = await ProcessPlan.MakeAsync(web.Resource, builder.ExecutionContext, CancellationToken.None);
        Assert.Equal(web.GetEndpoint("stream").Port.ToString(), plan.Environment["STREAM_PORT"]);
    }

    [Fact]
    public async Task Arguments_and_variables_are_resolved_when_ports_are_known()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var api = builder.AddExecutable("api", "sh", ".").WithHttpEndpoint();
        var web = builder.AddExecutable("web", "sh", ".", "-c").WithArgs(context => context.Args.Add(api.GetEndpoint("http"))).WithEnvironment("API", api.GetEndpoint("http"));
        Ports.Allocate(builder.Resources, random: false);
        var plan = await ProcessPlan.MakeAsync(web.Resource, builder.ExecutionContext, CancellationToken.None);
        Assert.Equal(["-c", api.GetEndpoint("http").Url], plan.Arguments);
        Assert.Equal(api.GetEndpoint("http").Url, plan.Environment["API"]);
    }

    [Fact]
    public async Task A_project_that_does_not_build_says_so()
    {
        var folder = Directory.CreateTempSubdirectory("mesh-broken-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Broken.csproj"), "<Project>");
            var builder = DistributedApplication.CreateBuilder([]);
            var broken = builder.AddProject("broken", Path.Combine(folder.FullName, "Broken.csproj"));
            var fault = await Assert.ThrowsAsync<DistributedApplicationException>(() => ProcessPlan.MakeAsync(broken.Resource, builder.ExecutionContext, CancellationToken.None));
            Assert.Contains("Broken.csproj", fault.Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
