using System.Text.Json;

namespace Router.Api.Json;

/// <summary>Property names and constants of the OpenAI API, encoded once.</summary>
internal static class Names
{
    public static readonly JsonEncodedText
        Arguments = Name("arguments"), Assistant = Name("assistant"), Bytes = Name("bytes"), Choices = Name("choices"), Code = Name("code"),
        CompletionTokens = Name("completion_tokens"), Content = Name("content"), Created = Name("created"), Data = Name("data"), Delta = Name("delta"),
        Dropped = Name("dropped"), Error = Name("error"), Expert = Name("expert"), FinishReason = Name("finish_reason"), Function = Name("function"),
        Id = Name("id"), Index = Name("index"), List = Name("list"), LogProb = Name("logprob"), LogProbs = Name("logprobs"), Mesh = Name("mesh"), Message = Name("message"),
        Milliseconds = Name("milliseconds"), Mode = Name("mode"), Model = Name("model"), FunctionName = Name("name"), Object = Name("object"), Param = Name("param"),
        OwnedBy = Name("owned_by"), PromptTokens = Name("prompt_tokens"), Refusal = Name("refusal"), Role = Name("role"), SystemFingerprint = Name("system_fingerprint"),
        Text = Name("text"), TextOffset = Name("text_offset"), Token = Name("token"), TokenLogProbs = Name("token_logprobs"), Tokens = Name("tokens"), ToolCalls = Name("tool_calls"),
        TopLogProbs = Name("top_logprobs"), TotalTokens = Name("total_tokens"), Type = Name("type"), Usage = Name("usage"),
        Votes = Name("votes"), Weight = Name("weight");

    private static JsonEncodedText Name(string name) => JsonEncodedText.Encode(name);
}
