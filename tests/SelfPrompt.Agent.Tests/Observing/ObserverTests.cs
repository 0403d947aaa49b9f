using System.Text.Json;
using Mesh.Contracts.Observations;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Tests.Observing;

public sealed class ObserverTests
{
    /// <summary>What people write is theirs: it may be as long and as strange as the router lets it be.</summary>
    [Theory]
    [InlineData("x"), InlineData("Ж"), InlineData("<"), InlineData("\u0001"), InlineData("🙂")]
    public void What_was_seen_fits_into_an_artifact_and_the_newest_is_kept(string character)
    {
        var text = string.Concat(Enumerable.Repeat(character, RouterObservations.MostText / character.Length));
        var seen = Sightings.Of(new SyntheticMesh()).With(r => r with
        {
            Feedback = [.. Enumerable.Range(0, RouterObservations.MostFeedback).Select(i => new ObservedFeedback($"f{i}", r.To, false, text, text, text))],
            Security = [.. Enumerable.Range(0, RouterObservations.MostEvents).Select(i => new SecurityEvent(r.To, SecurityEventKind.WrongKey, null, "10.0.0.1", text[..100]))],
            LowConfidence = [.. Enumerable.Range(0, RouterObservations.MostAnswers).Select(i => new ObservedAnswer($"a{i}", r.To, text, text, -9, 10))],
        });
        var fitted = Observer.Fitted(seen);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(fitted, AgentJson.Options).Length, 1, 1 << 20);
        Assert.True(fitted.Router.Feedback.Count > 10);
        Assert.Equal("f0", fitted.Router.Feedback[0].Completion);
        Assert.Equal(fitted.Configuration, seen.Configuration);
    }
}
