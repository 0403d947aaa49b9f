using System.Text.Json;
using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Actors.Reminders;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.PubSub;

namespace Dapr.Conformance.Tests.Embedded;

public sealed class NotationTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("0h0m5s0ms", 5)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5s", 1.5)]
    [InlineData("250ms", 0.25)]
    [InlineData("-2s", -2)]
    [InlineData("PT1H30M", 5400)]
    [InlineData("P1DT1S", 86401)]
    public void Durations_are_read(string text, double seconds)
    {
        Assert.True(DaprTime.TryParseDuration(text, out var span));
        Assert.Equal(TimeSpan.FromSeconds(seconds), span);
    }

    [Theory, InlineData(""), InlineData("5"), InlineData("s"), InlineData("1h x"), InlineData("P"), InlineData("PT"), InlineData("99999999999h"), InlineData("P99999999999Y"), InlineData("١s")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DaprTime.TryParseDuration(text, out _));

    [Theory, InlineData(5400, "1h30m0s"), InlineData(1.5, "1.5s"), InlineData(0.5, "500ms"), InlineData(0, "0s"), InlineData(61, "1m1s"), InlineData(90000, "25h0m0s"), InlineData(-1, "-1s")]
    public void Durations_are_written_as_go_does(double seconds, string text) => Assert.Equal(text, DaprTime.FormatGo(TimeSpan.FromSeconds(seconds)));

    [Theory, InlineData("R3/PT5S", 5, 3), InlineData("R0/PT5S", 5, -1), InlineData("5s", 5, -1)]
    public void Periods_are_read(string text, double seconds, int repetitions)
    {
        Assert.True(DaprTime.TryParsePeriod(text, out var period, out var count));
        Assert.Equal((TimeSpan.FromSeconds(seconds), repetitions), (period, count));
    }

    [Fact]
    public void A_reminder_goes_on_from_its_own_times_and_does_not_catch_up()
    {
        var reminder = Reminder.From(new("T", "1"), "r", new("10s", "R3/PT10S", "60s", null, null), Now);
        Assert.Equal((Now.AddSeconds(10), 3), (reminder.Next, reminder.Left));
        var second = reminder.After(Now.AddSeconds(11))!;
        Assert.Equal((Now.AddSeconds(20), 2), (second.Next, second.Left));
        var late = second.After(Now.AddSeconds(45))!;
        Assert.Equal((Now.AddSeconds(50), 1), (late.Next, late.Left));
        Assert.Null(late.After(Now.AddSeconds(50)));
        Assert.Null((late with { Left = 2 }).After(Now.AddSeconds(66))); // past its end
    }

    [Theory]
    [InlineData("event.type == \"x\"", true)]
    [InlineData("event.type=='x'", true)]
    [InlineData("event.type != 'x'", false)]
    [InlineData("event.type == 'y' || event.data.n == 5", true)]
    [InlineData("event.type == 'x' && event.data.ok == true && event.data.big == 'a || b'", true)]
    [InlineData("event.missing != 'x'", false)]
    [InlineData("has(event.type)", false)]
    [InlineData("", false)]
    public void Rules_look_into_events(string rule, bool holds) =>
        Assert.Equal(holds, EventRule.Parse(rule).Holds(JsonDocument.Parse("""{"type":"x","data":{"n":5,"ok":true,"big":"a || b"}}""").RootElement));

    [Theory]
    [InlineData("a", "open", true, true)]
    [InlineData("a", "closed", false, false)]
    [InlineData("b", "closed", true, false)]
    [InlineData("b", "open", false, true)]
    [InlineData("a", "unlisted", false, false)]
    public void Topics_may_be_closed(string app, string topic, bool publish, bool subscribe)
    {
        var component = new Component("p", "pubsub.in-memory", new Dictionary<string, string> { ["allowedTopics"] = "open, closed", ["protectedTopics"] = "closed", ["publishingScopes"] = "b=closed; c=" }, []);
        Assert.Equal((publish, subscribe), (TopicScopes.MayPublish(component, app, topic), TopicScopes.MaySubscribe(component, app, topic)));
    }
}
