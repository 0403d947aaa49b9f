using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;

namespace Dapr.Conformance.Tests.Actors;

public abstract class ReminderFacts(Site site) : SidecarTest(site)
{
    private readonly string _id = NewId();

    private string Path => $"/v1.0/actors/Probe/{_id}/reminders";
    private IProbe Actor => Site.Actors.CreateActorProxy<IProbe>(new(_id), "Probe");
    private Task<IReadOnlyList<string>> TicksAsync(string name, int count) => Site.Alpha.Journal.WaitAsync($"Probe/{_id} reminder {name}", count);

    [SkippableFact]
    public async Task A_reminder_of_the_sdk_ticks_until_it_is_unregistered()
    {
        await Actor.Remind(new("again", 100, 1000));
        Assert.Equal(" data", (await TicksAsync("again", 2))[1]);
        await Actor.Forget("again");
        Assert.Equal("{}", (await Http.GetAsync($"{Path}/again")).Body.Trim());
    }

    [SkippableFact]
    public async Task A_reminder_without_a_period_ticks_once_and_is_gone()
    {
        Assert.Equal(204, (await Http.PutAsync($"{Path}/once", """{"dueTime":"100ms","data":"aGk="}""")).Status);
        Assert.Equal([" hi"], await TicksAsync("once", 1));
        await Eventually.HoldsAsync(async () => (await Http.GetAsync($"{Path}/once")).Body.Trim() == "{}", "it is gone");
    }

    [SkippableFact]
    public async Task Repetitions_are_counted()
    {
        await Actor.Remind(new("thrice", 0, 1000, 3));
        await TicksAsync("thrice", 3);
        await Eventually.HoldsAsync(async () => (await Http.GetAsync($"{Path}/thrice")).Body.Trim() == "{}", "it is gone");
        Assert.Equal(3, Site.Alpha.Journal.Of($"Probe/{_id} reminder thrice").Count);
    }

    [SkippableFact]
    public async Task A_reminder_is_shown_as_the_scheduler_has_it()
    {
        Assert.Equal(204, (await Http.PutAsync($"{Path}/shown", """{"dueTime":"1h","period":"R3/PT1H30M","data":{"a":[1]},"ttl":"9h"}""")).Status);
        var reply = await Http.GetAsync($"{Path}/shown");
        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal($$"""{"period":"@every 1h30m0s","data":{"a":[1]},"actorID":"{{_id}}","actorType":"Probe","dueTime":"1h"}""", reply.Body.Trim());
        Assert.Equal(204, (await Http.PutAsync($"{Path}/shown", """{"dueTime":"2h","period":"1500ms"}""")).Status);
        Assert.Equal($$"""{"period":"@every 1.5s","actorID":"{{_id}}","actorType":"Probe","dueTime":"2h"}""", (await Http.GetAsync($"{Path}/shown")).Body.Trim());
        Assert.Equal(204, (await Http.DeleteAsync($"{Path}/shown")).Status);
        Assert.Equal(204, (await Http.DeleteAsync($"{Path}/shown")).Status);
        Assert.Equal("{}", (await Http.GetAsync($"{Path}/shown")).Body.Trim());
    }

    [SkippableFact]
    public async Task A_newer_registration_replaces_the_older()
    {
        Assert.Equal(204, (await Http.PutAsync($"{Path}/same", """{"dueTime":"1h","data":"b25l"}""")).Status);
        Assert.Equal(204, (await Http.PutAsync($"{Path}/same", """{"dueTime":"100ms","data":"dHdv"}""")).Status);
        Assert.Equal([" two"], await TicksAsync("same", 1));
    }

    [SkippableFact]
    public async Task A_failing_tick_is_tried_four_times()
    {
        Assert.Equal(204, (await Http.PutAsync($"{Path}/failing", """{"dueTime":"0s","data":""}""")).Status);
        await TicksAsync("failing", 4);
        await Eventually.HoldsAsync(async () => (await Http.GetAsync($"{Path}/failing")).Body.Trim() == "{}", "it is given up");
    }

    [SkippableFact]
    public async Task A_tick_wakes_an_actor_that_rests()
    {
        Assert.Equal(204, (await Http.PutAsync($"{Path.Replace("Probe", "Nap")}/wake", """{"dueTime":"1s","data":""}""")).Status);
        await Site.Alpha.Journal.WaitAsync($"Nap/{_id} reminder wake");
        Assert.Single(Site.Alpha.Journal.Of($"Nap/{_id} on"));
    }

    [SkippableTheory]
    [InlineData("""{"dueTime":"soon"}""", "due time format not recognized")]
    [InlineData("""{"dueTime":"1s","period":"often"}""", "unsupported period format: often")]
    [InlineData("""{"dueTime":"1h","period":"P1D"}""", "unsupported period format: P1D")]
    [InlineData("""{"dueTime":"1h","period":"P1M"}""", "unsupported period format: P1M")]
    [InlineData("""{"dueTime":"1h","ttl":"3h"}""", "job must have a schedule to have a ttl")]
    [InlineData("{}", "job must have either a due time or a schedule")]
    public async Task Wrong_times_are_faults(string body, string message) =>
        (await Http.PutAsync($"{Path}/x", body)).IsError(500, "ERR_ACTOR_REMINDER_CREATE", message);

    [SkippableTheory, InlineData("{"), InlineData(""), InlineData("[]"), InlineData("""{"dueTime":5}""")]
    public async Task Malformed_reminders_are_refused(string body) => (await Http.PutAsync($"{Path}/x", body)).IsError(400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body");

    [SkippableFact]
    public async Task Names_are_restricted()
    {
        (await Http.PutAsync($"{Path}/bad$name", """{"dueTime":"1h"}""")).IsError(500, "ERR_ACTOR_REMINDER_CREATE", "job name is invalid");
        (await Http.PutAsync("/v1.0/actors/Probe/bad%2Fid/reminders/x", """{"dueTime":"1h"}""")).IsError(500, "ERR_ACTOR_REMINDER_CREATE", "job name is invalid");
        Assert.Equal(204, (await Http.PutAsync($"{Path}/good.name-1_2%20:", """{"dueTime":"1h"}""")).Status);
        Assert.Equal(204, (await Http.DeleteAsync($"{Path}/good.name-1_2%20:")).Status);
    }

    [SkippableFact]
    public async Task Only_hosts_of_the_type_have_reminders()
    {
        const string path = "/v1.0/actors/Nobody/1/reminders/x", message = "operations on actor reminders are only possible on hosted actor types";
        (await Http.PutAsync(path, """{"dueTime":"1h"}""")).IsError(403, "ERR_ACTOR_REMINDER_NON_HOSTED", message);
        (await Http.GetAsync(path)).IsError(403, "ERR_ACTOR_REMINDER_NON_HOSTED", message);
        (await Http.DeleteAsync(path)).IsError(403, "ERR_ACTOR_REMINDER_NON_HOSTED", message);
    }
}

[Collection(EmbeddedSite.Name)]
public sealed class ReminderFactsOnEmbedded(EmbeddedSite site) : ReminderFacts(site);

[Collection(DaprdSite.Name)]
public sealed class ReminderFactsOnDaprd(DaprdSite site) : ReminderFacts(site);
