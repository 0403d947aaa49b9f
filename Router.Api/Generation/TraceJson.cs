using System.Text.Json;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference.Tokenizer;
using Router.Api.Governance.Routing;
using Router.Api.Json;
using Router.Api.Text;

namespace Router.Api.Generation;

/// <summary>The <c>mesh</c> extension of a completion: for every token who voted and how it was mixed. Only when <c>mesh.trace</c> asks for it.</summary>
internal static class TraceJson
{
    public static void Write(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        if (!completion.Settings.Trace)
            return;
        json.WriteStartObject(Names.Mesh);
        WriteTokens(json, completion, choice);
        if (choice.Tokens.Count > 0 && choice.Tokens[^1].Event.Trace?.Routing is SessionSnapshot routing)
            WriteRouting(json, routing);
        json.WriteEndObject();
    }

    /// <summary>What held for the newest of the tokens.</summary>
    private static void WriteRouting(Utf8JsonWriter json, SessionSnapshot routing)
    {
        json.WriteNumber("configuration"u8, routing.Version);
        json.WriteString("arm"u8, routing.Arm == Arm.Candidate ? "candidate"u8 : "control"u8);
        if (routing.Phase.Effective is { } phase)
            json.WriteNumber("phase"u8, phase);
        else
            json.WriteNull("phase"u8);
        json.WriteBoolean("degraded"u8, routing.Phase.IsDegraded);
    }

    public static void WriteTokens(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        json.WriteStartArray(Names.Tokens);
        foreach (var token in choice.Tokens)
            WriteToken(json, completion.Tokenizer, token);
        json.WriteEndArray();
    }

    private static void WriteToken(Utf8JsonWriter json, ModelTokenizer tokenizer, in ListedToken listed)
    {
        var token = listed.Event;
        json.WriteStartObject();
        json.WriteNumber(Names.Id, token.Token);
        json.WriteString(Names.Text, tokenizer.Piece(token.Token));
        LogProbabilityJson.WriteNumber(json, Names.LogProb, token.LogProbability);
        if (token.Trace is { } trace)
        {
            json.WriteNumber(Names.Milliseconds, Math.Round(trace.Milliseconds, 3));
            json.WriteString(Names.Mode, trace.Mode);
            json.WriteStartArray(Names.Votes);
            foreach (var vote in trace.Votes)
                WriteVote(json, vote);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    public static void WriteVote(Utf8JsonWriter json, ExpertVote vote)
    {
        json.WriteStartObject();
        json.WriteString(Names.Expert, vote.Expert.Value);
        json.WriteNumber(Names.Weight, MathF.Round(vote.Weight, 5));
        if (vote.LogProbability is { } logProbability)
            LogProbabilityJson.WriteNumber(json, Names.LogProb, logProbability);
        else
            json.WriteNull(Names.LogProb);
        json.WriteNumber(Names.Milliseconds, Math.Round(vote.Milliseconds, 3));
        json.WriteNumber(Names.Bytes, vote.Bytes);
        json.WriteString(Names.Dropped, vote.Dropped);
        json.WriteEndObject();
    }
}
