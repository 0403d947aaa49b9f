using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference.Tokenizer;
using Router.Api.Json;
using Router.Api.Text;

namespace Router.Api.Generation;

/// <summary>The two shapes in which OpenAI lists log-probabilities. They are the mixture's, before temperature and truncation.</summary>
internal static class LogProbabilityJson
{
    /// <summary>What OpenAI sends for a probability too small to tell.</summary>
    private const float Least = -9999f;

    public static void WriteNumber(Utf8JsonWriter json, JsonEncodedText name, float value) => json.WriteNumber(name, float.IsFinite(value) ? value : Least);

    /// <summary>Chat: <c>{"content":[{"token","logprob","bytes","top_logprobs"}],"refusal":null}</c>.</summary>
    public static void WriteChat(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        if (completion.Settings.LogProbabilities is null)
        {
            json.WriteNull(Names.LogProbs);
            return;
        }
        json.WriteStartObject(Names.LogProbs);
        json.WriteStartArray(Names.Content);
        WriteTokens(json, completion, choice.Tokens);
        json.WriteEndArray();
        json.WriteNull(Names.Refusal);
        json.WriteEndObject();
    }

    /// <summary><c>{"token","logprob","bytes","top_logprobs"}</c> of each.</summary>
    public static void WriteTokens(Utf8JsonWriter json, Completion completion, IEnumerable<ListedToken> tokens)
    {
        foreach (var (token, _) in tokens)
        {
            if (token.Finish == FinishReason.Stop)
                continue;   // the end token is no part of the text
            json.WriteStartObject();
            WriteToken(json, completion.Tokenizer, token.Token, token.LogProbability);
            json.WriteStartArray(Names.TopLogProbs);
            foreach (var chance in token.Top ?? [])
            {
                json.WriteStartObject();
                WriteToken(json, completion.Tokenizer, chance.Token, chance.LogProbability);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    /// <summary>Text: <c>{"tokens","token_logprobs","top_logprobs","text_offset"}</c>, four arrays side by side.</summary>
    public static void WriteText(Utf8JsonWriter json, Completion completion, Choice choice)
    {
        if (completion.Settings.LogProbabilities is null)
        {
            json.WriteNull(Names.LogProbs);
            return;
        }
        var tokens = choice.Tokens.Where(t => t.Event.Finish != FinishReason.Stop).ToArray();
        var tokenizer = completion.Tokenizer;
        json.WriteStartObject(Names.LogProbs);
        json.WriteStartArray(Names.Tokens);
        foreach (var (token, _) in tokens)
            json.WriteStringValue(Spell(tokenizer.Piece(token.Token)));
        json.WriteEndArray();
        json.WriteStartArray(Names.TokenLogProbs);
        foreach (var (token, _) in tokens)
            if (float.IsNaN(token.LogProbability))
                json.WriteNullValue();   // the first token of an echoed prompt: nothing precedes it
            else
                json.WriteNumberValue(float.IsFinite(token.LogProbability) ? token.LogProbability : Least);
        json.WriteEndArray();
        json.WriteStartArray(Names.TopLogProbs);
        foreach (var (token, _) in tokens)
        {
            if (float.IsNaN(token.LogProbability))
            {
                json.WriteNullValue();
                continue;
            }
            json.WriteStartObject();
            // As OpenAI has it the token itself is always there, one more than was asked for where it is not among the first.
            foreach (var chance in (token.Top ?? []).Append(new(token.Token, token.LogProbability)).DistinctBy(c => Spell(tokenizer.Piece(c.Token))))
            {
                json.WritePropertyName(Spell(tokenizer.Piece(chance.Token)));
                json.WriteNumberValue(float.IsFinite(chance.LogProbability) ? chance.LogProbability : Least);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray(Names.TextOffset);
        foreach (var (_, offset) in tokens)
            json.WriteNumberValue(offset);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter json, ModelTokenizer tokenizer, int token, float logProbability)
    {
        var piece = tokenizer.Piece(token);
        json.WriteString(Names.Token, Spell(piece));
        WriteNumber(json, Names.LogProb, logProbability);
        json.WriteStartArray(Names.Bytes);
        foreach (var b in piece)
            json.WriteNumberValue(b);
        json.WriteEndArray();
    }

    /// <summary>The token as text; one that is no whole character by its bytes, as OpenAI spells it.</summary>
    public static string Spell(ReadOnlySpan<byte> piece)
    {
        if (Utf8.IsValid(piece))
            return Encoding.UTF8.GetString(piece);
        var text = new StringBuilder("bytes:");
        foreach (var b in piece)
            text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        return text.ToString();
    }
}
