using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Actors;

public abstract class TimerFacts(Site site) : SidecarTest(site)
{
    private readonly string _id = NewId();

    private string Path => $"/v1.0/actors/Probe/{_id}/timers";
    private IProbe Actor(string type = "Probe") => Site.Actors.CreateActorProxy<IProbe>(new(_id), type);
    private static string Body(string times, string note) =>
        $$"""{{{times}},"callback":"OnTimer","data":"{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(note))}}"}""";
    private Task<IReadOnlyList<string>> TicksAsync(string note, int count) => Site.Alpha.Journal.WaitAsync($"Probe/{_id} timer {note}", count);

    [SkippableFact]
    public async Task A_timer_of_the_sdk_ticks_until_it_is_unregistered()
    {
        for (var tries = 1; !await EndsAsync($"t{tries}"); tries++)
            Assert.True(IsDaprd && tries < 10, "It ticks on."); // daprd's goes on for ever if it is deleted while a tick of it waits for the turn

        async Task<bool> EndsAsync(string timer)
        {
            await Actor().Time(new(timer, 50, 100));
            await TicksAsync($"{timer} data", 3);
            await Actor().Untime(timer);
            await Actor().Time(new($"{timer} first", 300, -1));
            await TicksAsync($"{timer} first data", 1); // those that were on their way are through
            var count = (await TicksAsync($"{timer} data", 3)).Count;
            await Actor().Time(new($"{timer} second", 300, -1));
            await TicksAsync($"{timer} second data", 1);
            return (await TicksAsync($"{timer} data", 3)).Count <= count + 1;
        }
    }

    [SkippableFact]
    public async Task Repetitions_and_ends_are_kept()
    {
        Assert.Equal(204, (await Http.PutAsync($"{Path}/thrice", Body("\"dueTime\":\"0h0m0s10ms\",\"period\":\"R3/PT1S\"", "thrice"))).Status);
        Assert.Equal(204, (await Http.PutAsync($"{Path}/ttl", Body("\"dueTime\":\"0h0m0s10ms\",\"period\":\"0h0m0s200ms\",\"ttl\":\"500ms\"", "ttl"))).Status);
        Assert.Equal(204, (await Http.PutAsync($"{Path}/last", Body("\"dueTime\":\"0h0m3s0ms\"", "last"))).Status);
        await TicksAsync("last", 1);
        Assert.Equal(3, Site.Alpha.Journal.Of($"Probe/{_id} timer thrice").Count);
        Assert.InRange(Site.Alpha.Journal.Of($"Probe/{_id} timer ttl").Count, 1, 4);
    }

    [SkippableFact]
    public async Task A_newer_timer_replaces_the_older()
    {
        Assert.Equal(204, (await Http.PutAsync($"{Path}/same", Body("\"dueTime\":\"0h0m5s0ms\"", "old"))).Status);
        Assert.Equal(204, (await Http.PutAsync($"{Path}/same", Body("\"dueTime\":\"0h0m0s200ms\"", "new"))).Status);
        await TicksAsync("new", 1);
        Assert.Empty(Site.Alpha.Journal.Of($"Probe/{_id} timer old"));
    }

    [SkippableFact]
    public async Task A_timer_outlives_the_rest_of_its_actor()
    {
        await Actor("Nap").Time(new("late", 2500, -1));
        await Site.Alpha.Journal.WaitAsync($"Nap/{_id} off");
        // The SDK forgets the callbacks of a resting actor; the tick wakes it all the same.
        await Site.Alpha.Journal.WaitAsync($"Nap/{_id} on", 2);
    }

    [SkippableTheory]
    [InlineData("""{"dueTime":"soon"}""", "error parsing timer due time: unsupported time/duration format: soon")]
    [InlineData("""{"dueTime":"1s","period":"often"}""", "unsupported duration format: often")]
    public async Task Wrong_times_are_faults(string body, string message) => (await Http.PutAsync($"{Path}/x", body)).IsError(500, "ERR_ACTOR_TIMER_CREATE", message);

    [SkippableTheory, InlineData("{"), InlineData(""), InlineData("[]")]
    public async Task Malformed_timers_are_refused(string body) => (await Http.PutAsync($"{Path}/x", body)).IsError(400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body");

    [SkippableFact]
    public async Task Only_hosts_of_the_type_have_timers()
    {
        (await Http.PutAsync("/v1.0/actors/Nobody/1/timers/x", """{"dueTime":"1h"}""")).IsError(500, "ERR_ACTOR_TIMER_CREATE", "actor type not registered");
        Assert.Equal(204, (await Http.DeleteAsync("/v1.0/actors/Nobody/1/timers/x")).Status);
        Assert.Equal(204, (await Http.DeleteAsync($"{Path}/none")).Status);
        (await Http.GetAsync($"{Path}/none")).IsError(404, "ERR_DIRECT_INVOKE");
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class TimerFactsOnEmbedded(EmbeddedSite site) : TimerFacts(site);

[Collection(DaprdSite.Name)]
public sealed class TimerFactsOnDaprd(DaprdSite site) : TimerFacts(site);
