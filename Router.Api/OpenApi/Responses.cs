using System.Text.Json;
using System.Text.Json.Serialization;

namespace Router.Api.OpenApi;

// Descriptions of what the endpoints write, for the OpenAPI document alone.

public sealed record ErrorResponse([property: JsonPropertyName("error")] ErrorDetail Error);

public sealed record ErrorDetail(
    [property: JsonPropertyName("message")] string Message, [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("param")] string? Param, [property: JsonPropertyName("code")] string? Code);

public sealed record UsageInfo(
    [property: JsonPropertyName("prompt_tokens")] int PromptTokens, [property: JsonPropertyName("completion_tokens")] int CompletionTokens,
    [property: JsonPropertyName("total_tokens")] int TotalTokens);

public abstract record CompletionHead
{
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("object")] public required string Object { get; init; }
    [JsonPropertyName("created")] public required long Created { get; init; }
    [JsonPropertyName("model")] public required string Model { get; init; }
    [JsonPropertyName("system_fingerprint")] public required string SystemFingerprint { get; init; }
    [JsonPropertyName("usage")] public required UsageInfo Usage { get; init; }
}

public sealed record ChatCompletionResponse : CompletionHead
{
    [JsonPropertyName("choices")] public required IReadOnlyList<ChatChoice> Choices { get; init; }
}

public sealed record ChatChoice(
    [property: JsonPropertyName("index")] int Index, [property: JsonPropertyName("message")] ChatAnswer Message,
    [property: JsonPropertyName("logprobs")] JsonElement? LogProbs, [property: JsonPropertyName("finish_reason")] string FinishReason);

public sealed record ChatAnswer(
    [property: JsonPropertyName("role")] string Role, [property: JsonPropertyName("content")] string? Content, [property: JsonPropertyName("refusal")] string? Refusal);

public sealed record CompletionResponse : CompletionHead
{
    [JsonPropertyName("choices")] public required IReadOnlyList<TextChoice> Choices { get; init; }
}

public sealed record TextChoice(
    [property: JsonPropertyName("text")] string Text, [property: JsonPropertyName("index")] int Index,
    [property: JsonPropertyName("logprobs")] JsonElement? LogProbs, [property: JsonPropertyName("finish_reason")] string FinishReason);

public sealed record ResponseObject
{
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("object")] public required string Object { get; init; }
    [JsonPropertyName("created_at")] public required long CreatedAt { get; init; }
    [JsonPropertyName("status")] public required string Status { get; init; }
    [JsonPropertyName("error")] public required JsonElement? Error { get; init; }
    [JsonPropertyName("incomplete_details")] public required JsonElement? IncompleteDetails { get; init; }
    [JsonPropertyName("instructions")] public required string? Instructions { get; init; }
    [JsonPropertyName("max_output_tokens")] public required int? MaxOutputTokens { get; init; }
    [JsonPropertyName("model")] public required string Model { get; init; }
    [JsonPropertyName("output")] public required IReadOnlyList<JsonElement> Output { get; init; }
    [JsonPropertyName("parallel_tool_calls")] public required bool ParallelToolCalls { get; init; }
    [JsonPropertyName("previous_response_id")] public required string? PreviousResponseId { get; init; }
    [JsonPropertyName("store")] public required bool Store { get; init; }
    [JsonPropertyName("temperature")] public required double Temperature { get; init; }
    [JsonPropertyName("text")] public required JsonElement Text { get; init; }
    [JsonPropertyName("tool_choice")] public required JsonElement ToolChoice { get; init; }
    [JsonPropertyName("tools")] public required IReadOnlyList<JsonElement> Tools { get; init; }
    [JsonPropertyName("top_p")] public required double TopP { get; init; }
    [JsonPropertyName("truncation")] public required string Truncation { get; init; }
    [JsonPropertyName("usage")] public required ResponseUsageInfo? Usage { get; init; }
    [JsonPropertyName("metadata")] public required IReadOnlyDictionary<string, string> Metadata { get; init; }
}

public sealed record ResponseUsageInfo(
    [property: JsonPropertyName("input_tokens")] int InputTokens, [property: JsonPropertyName("output_tokens")] int OutputTokens,
    [property: JsonPropertyName("total_tokens")] int TotalTokens);

public sealed record ResponseDeleted(
    [property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("object")] string Object, [property: JsonPropertyName("deleted")] bool Deleted);

public sealed record ResponseItems(
    [property: JsonPropertyName("object")] string Object, [property: JsonPropertyName("data")] IReadOnlyList<JsonElement> Data,
    [property: JsonPropertyName("first_id")] string? FirstId, [property: JsonPropertyName("last_id")] string? LastId, [property: JsonPropertyName("has_more")] bool HasMore);

public sealed record MessageResponse
{
    [JsonPropertyName("id")] public required string Id { get; init; }
    [JsonPropertyName("type")] public required string Type { get; init; }
    [JsonPropertyName("role")] public required string Role { get; init; }
    [JsonPropertyName("model")] public required string Model { get; init; }
    [JsonPropertyName("content")] public required IReadOnlyList<JsonElement> Content { get; init; }
    [JsonPropertyName("stop_reason")] public required string? StopReason { get; init; }
    [JsonPropertyName("stop_sequence")] public required string? StopSequence { get; init; }
    [JsonPropertyName("usage")] public required MessageUsageInfo Usage { get; init; }
}

public sealed record MessageUsageInfo(
    [property: JsonPropertyName("input_tokens")] int InputTokens, [property: JsonPropertyName("cache_creation_input_tokens")] int CacheCreationInputTokens,
    [property: JsonPropertyName("cache_read_input_tokens")] int CacheReadInputTokens, [property: JsonPropertyName("output_tokens")] int OutputTokens);

public sealed record MessageTokensResponse([property: JsonPropertyName("input_tokens")] int InputTokens);

public sealed record MessageErrorResponse(
    [property: JsonPropertyName("type")] string Type, [property: JsonPropertyName("error")] MessageErrorDetail Error, [property: JsonPropertyName("request_id")] string RequestId);

public sealed record MessageErrorDetail([property: JsonPropertyName("type")] string Type, [property: JsonPropertyName("message")] string Message);

public sealed record ModelList([property: JsonPropertyName("object")] string Object, [property: JsonPropertyName("data")] IReadOnlyList<ModelInfo> Data);

public sealed record ModelInfo(
    [property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("object")] string Object,
    [property: JsonPropertyName("created")] long Created, [property: JsonPropertyName("owned_by")] string OwnedBy,
    [property: JsonPropertyName("context_length")] int? ContextLength, [property: JsonPropertyName("max_model_len")] int? MaxModelLength,
    [property: JsonPropertyName("description")] string? Description);

public sealed record TokenizeResponse(
    [property: JsonPropertyName("count")] int Count, [property: JsonPropertyName("tokens")] IReadOnlyList<int> Tokens, [property: JsonPropertyName("pieces")] IReadOnlyList<string>? Pieces);

public sealed record DetokenizeResponse([property: JsonPropertyName("text")] string Text);

public sealed record SelectResponse(
    [property: JsonPropertyName("prompt_tokens")] int PromptTokens, [property: JsonPropertyName("milliseconds")] double Milliseconds,
    [property: JsonPropertyName("experts")] IReadOnlyList<VoteInfo> Experts);

public sealed record VoteInfo(
    [property: JsonPropertyName("expert")] string Expert, [property: JsonPropertyName("weight")] float Weight, [property: JsonPropertyName("logprob")] float? LogProb,
    [property: JsonPropertyName("milliseconds")] double Milliseconds, [property: JsonPropertyName("bytes")] int Bytes, [property: JsonPropertyName("dropped")] string? Dropped);

public sealed record AggregateResponse(
    [property: JsonPropertyName("ids")] IReadOnlyList<int> Ids, [property: JsonPropertyName("logprobs")] IReadOnlyList<float> LogProbs,
    [property: JsonPropertyName("unlisted_logprob")] float UnlistedLogProb);

public sealed record RerankResponse(
    [property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("model")] string Model, [property: JsonPropertyName("usage")] JsonElement Usage,
    [property: JsonPropertyName("results")] IReadOnlyList<RerankResult> Results);

public sealed record RerankResult(
    [property: JsonPropertyName("index")] int Index, [property: JsonPropertyName("relevance_score")] float RelevanceScore,
    [property: JsonPropertyName("document")] JsonElement? Document);

public sealed record EmbeddingResponse(
    [property: JsonPropertyName("object")] string Object, [property: JsonPropertyName("data")] IReadOnlyList<EmbeddingInfo> Data,
    [property: JsonPropertyName("model")] string Model, [property: JsonPropertyName("usage")] UsageInfo Usage);

public sealed record EmbeddingInfo(
    [property: JsonPropertyName("object")] string Object, [property: JsonPropertyName("index")] int Index, [property: JsonPropertyName("embedding")] JsonElement Embedding);
