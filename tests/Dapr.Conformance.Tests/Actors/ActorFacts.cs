using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;
using Deadline = Dapr.Conformance.Tests.Workflows.Hosting.Deadline;

namespace Dapr.Conformance.Tests.Actors;

public abstract class ActorFacts(Site site) : SidecarTest(site)
{
    private ActorProxy Proxy(string type, string id) => Site.Actors.Create(new(id), type);

    [SkippableFact]
    public async Task Calls_by_name_reach_the_actor()
    {
        var proxy = Proxy("Probe", NewId());
        Assert.Equal("hällo \"you\"", await proxy.InvokeMethodAsync<string, string>("Echo", "hällo \"you\""));
        Assert.Equal(3, await proxy.InvokeMethodAsync<int, int>("Add", 3));
    }

    [SkippableFact]
    public async Task Typed_calls_reach_the_actor()
    {
        var proxy = Site.Actors.CreateActorProxy<IProbe>(new(NewId()), "Probe");
        Assert.Equal("x", await proxy.Echo("x"));
        Assert.Equal(5, await proxy.Add(5));
        Assert.Equal(5, await proxy.Get());
    }

    [SkippableFact]
    public async Task A_fault_of_the_actor_reaches_its_caller()
    {
        var id = NewId();
        var fault = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => Site.Actors.CreateActorProxy<IProbe>(new(id), "Probe").Fail("because"));
        Assert.Contains("because", fault.ToString());
        var reply = await Http.PostAsync($"/v1.0/actors/Probe/{id}/method/Fail", "\"because\"");
        reply.IsError(500, "ERR_ACTOR_INVOKE_METHOD", "error from actor service: (500)");
    }

    [SkippableTheory, InlineData("GET"), InlineData("POST"), InlineData("PUT"), InlineData("DELETE")]
    public async Task Any_verb_calls(string verb)
    {
        var reply = await Http.SendAsync(verb, $"/v1.0/actors/Probe/{NewId()}/method/Get", null);
        Assert.Equal((200, "0"), (reply.Status, reply.Body));
    }

    [SkippableFact]
    public async Task Unknown_methods_and_types_are_faults()
    {
        (await Http.PostAsync($"/v1.0/actors/Probe/{NewId()}/method/Nothing")).IsError(500, "ERR_ACTOR_INVOKE_METHOD");
        (await Http.PostAsync("/v1.0/actors/Nobody/1/method/Get")).IsError(500, "ERR_ACTOR_INVOKE_METHOD", "did not find address for actor");
    }

    [SkippableFact]
    public async Task Turns_are_one_at_a_time_and_in_order()
    {
        var id = NewId();
        var calls = Enumerable.Range(0, 6).Select(_ => Proxy("Probe", id).InvokeMethodAsync<int, string>("Slow", 30)).ToArray();
        await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Repeat<string[]>(["slow begins", "slow ends"], 6).SelectMany(s => s), Site.Alpha.Journal.Of($"Probe/{id} slow").Select(s => "slow" + s));
    }

    [SkippableFact]
    public async Task Different_actors_run_side_by_side()
    {
        var ids = Enumerable.Range(0, 8).Select(_ => NewId()).ToArray();
        await Task.WhenAll(ids.Select(id => Proxy("Probe", id).InvokeMethodAsync<int, string>("Slow", 300)));
        var all = Site.Alpha.Journal.Of("Probe/").Where(l => ids.Any(l.StartsWith)).Where(l => l.Contains("slow")).Select(l => l.Split(' ')[2]).ToArray();
        Assert.Contains("begins", all.Skip(1).TakeWhile(w => w == "begins"));
    }

    [SkippableFact]
    public async Task An_idle_actor_rests_and_wakes_with_its_state()
    {
        var id = NewId();
        var sum = await AwakeAsync(() => Proxy("Nap", id).InvokeMethodAsync<int, int>("Add", 7));
        await Site.Alpha.Journal.WaitAsync($"Nap/{id} off");
        Assert.Equal(sum, await AwakeAsync(() => Proxy("Nap", id).InvokeMethodAsync<int>("Get")));
        Assert.True(Site.Alpha.Journal.Of($"Nap/{id} on").Count >= 2);
    }

    [SkippableFact]
    public async Task A_reentrant_actor_may_call_itself_to_its_depth()
    {
        Assert.Equal(3, await Proxy("Loop", NewId()).InvokeMethodAsync<int, int>("Nest", 3));
        var reply = await Http.PostAsync($"/v1.0/actors/Loop/{NewId()}/method/Nest", "5");
        Assert.Equal(500, reply.Status);
    }

    [SkippableFact]
    public async Task Metadata_counts_active_actors()
    {
        await Proxy("Probe", NewId()).InvokeMethodAsync<int>("Get");
        var runtime = (await Http.GetAsync("/v1.0/metadata")).Json.GetProperty("actorRuntime");
        Assert.Equal("RUNNING", runtime.GetProperty("runtimeStatus").GetString());
        Assert.True(runtime.GetProperty("hostReady").GetBoolean());
        Assert.True(runtime.GetProperty("activeActors").EnumerateArray().Single(a => a.GetProperty("type").GetString() == "Probe").GetProperty("count").GetInt32() > 0);
    }

    [SkippableFact]
    public async Task Any_app_may_call()
    {
        var proxies = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = Site.Sidecars.Http(Site.LonelyIndex) });
        Assert.Equal("from far", await proxies.CreateActorProxy<IProbe>(new(NewId()), "Probe").Echo("from far"));
    }

    /// <summary>daprd 1.16 refuses a call that meets the actor on its way to rest, and on a busy machine also one that outlasts its second of rest, done or not.</summary>
    private static async Task<T> AwakeAsync<T>(Func<Task<T>> call)
    {
        for (var end = Deadline.After(TimeSpan.FromSeconds(30)); ;)
        {
            try
            {
                return await call();
            }
            catch (Exception fault) when (fault.Message.Contains("actor lock is closed") && !end.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
        }
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class ActorFactsOnEmbedded(EmbeddedSite site) : ActorFacts(site);

[Collection(DaprdSite.Name)]
public sealed class ActorFactsOnDaprd(DaprdSite site) : ActorFacts(site);
