using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Router.Api.OpenApi;

// Descriptions of what the endpoints read. Property names are the wire's; a test holds them to the readers.

public record SamplingRequest
{
    [JsonPropertyName("model"), Description("`mesh`, or an expert's name."), Required] public string Model { get; init; } = "mesh";
    [JsonPropertyName("temperature"), Range(0d, 2d), DefaultValue(1d)] public double? Temperature { get; init; }
    [JsonPropertyName("top_p"), Range(0d, 1d), DefaultValue(1d)] public double? TopP { get; init; }
    [JsonPropertyName("top_k"), Range(-1, 1 << 20), Description("0 and -1 are no limit.")] public int? TopK { get; init; }
    [JsonPropertyName("min_p"), Range(0d, 0.999), Description("Share of the most probable token's probability; 0.05 unless this, top_p or top_k is given.")] public double? MinP { get; init; }
    [JsonPropertyName("presence_penalty"), Range(-2d, 2d)] public double? PresencePenalty { get; init; }
    [JsonPropertyName("frequency_penalty"), Range(-2d, 2d)] public double? FrequencyPenalty { get; init; }
    [JsonPropertyName("repetition_penalty"), Range(0.01, 10d), Description("1 is neutral.")] public double? RepetitionPenalty { get; init; }
    [JsonPropertyName("logit_bias"), Description("Token id to a bias of -100 to 100.")] public IReadOnlyDictionary<string, double>? LogitBias { get; init; }
    [JsonPropertyName("response_format"), Description("`{\"type\":\"json_object\"}`, or `json_schema` with a schema: the answer always fits.")] public JsonElement? ResponseFormat { get; init; }
    [JsonPropertyName("seed")] public long? Seed { get; init; }
    [JsonPropertyName("n"), DefaultValue(1)] public int? N { get; init; }
    [JsonPropertyName("max_tokens"), Description("-1 is as many as there is room for.")] public int? MaxTokens { get; init; }
    [JsonPropertyName("stop"), Description("A string or up to four.")] public JsonElement? Stop { get; init; }
    [JsonPropertyName("stream")] public bool? Stream { get; init; }
    [JsonPropertyName("stream_options")] public StreamOptions? StreamOptions { get; init; }
    [JsonPropertyName("user"), Description("Names the session.")] public string? User { get; init; }
    [JsonPropertyName("mesh")] public MeshRequest? Mesh { get; init; }
}

public sealed record StreamOptions
{
    [JsonPropertyName("include_usage")] public bool? IncludeUsage { get; init; }
}

[Description("The mesh's own settings; each replaces the mesh's for this request.")]
public sealed record MeshRequest
{
    [JsonPropertyName("trace"), Description("Tell of every token who voted and how it was mixed.")] public bool? Trace { get; init; }
    [JsonPropertyName("background"), Description("The mesh's own work: users go first, and it is counted nowhere.")] public bool? Background { get; init; }
    [JsonPropertyName("k"), Range(1, 16), Description("Experts mixed for every token.")] public int? K { get; init; }
    [JsonPropertyName("over_selection"), Range(0, 16)] public int? OverSelection { get; init; }
    [JsonPropertyName("speculation"), Range(0, 16)] public int? Speculation { get; init; }
    [JsonPropertyName("slide_anchor"), Description("Let the context window slide, keeping this many tokens at its start.")] public int? SlideAnchor { get; init; }
    [JsonPropertyName("gate"), AllowedValues("uniform", "evidence", "learned")] public string? Gate { get; init; }
    [JsonPropertyName("mix"), AllowedValues("arithmetic", "geometric")] public string? Mix { get; init; }
    [JsonPropertyName("gate_hash"), RegularExpression("^[0-9a-f]{64}$"), Description("The SHA-256 of a trained gate that governance keeps, used for this request alone.")] public string? GateHash { get; init; }
    [JsonPropertyName("evidence_decay"), Range(0d, 1d, MaximumIsExclusive = true)] public double? EvidenceDecay { get; init; }
    [JsonPropertyName("evidence_weight"), Range(0d, 1e6)] public double? EvidenceWeight { get; init; }
    [JsonPropertyName("deadline_factor"), Range(1d, 1e6, MinimumIsExclusive = true)] public double? DeadlineFactor { get; init; }
    [JsonPropertyName("minimum_deadline_ms"), Range(0.001, 86_400_000d)] public double? MinimumDeadlineMs { get; init; }
    [JsonPropertyName("negligible_weight"), Range(0d, 1d)] public double? NegligibleWeight { get; init; }
    [JsonPropertyName("hysteresis"), Range(0d, 1e6)] public double? Hysteresis { get; init; }
    [JsonPropertyName("refresh_interval"), Range(0, int.MaxValue)] public int? RefreshInterval { get; init; }
    [JsonPropertyName("experts"), MinLength(1), MaxLength(16), Description("These alone answer.")] public IReadOnlyList<string>? Experts { get; init; }
}

public sealed record ChatCompletionRequest : SamplingRequest
{
    [JsonPropertyName("messages"), Required, MinLength(1)] public IReadOnlyList<ChatMessageRequest> Messages { get; init; } = [];
    [JsonPropertyName("max_completion_tokens")] public int? MaxCompletionTokens { get; init; }
    [JsonPropertyName("tools"), MaxLength(128)] public IReadOnlyList<JsonElement>? Tools { get; init; }
    [JsonPropertyName("tool_choice"), Description("`none`, `auto`, `required`, or a function by name.")] public JsonElement? ToolChoice { get; init; }
    [JsonPropertyName("parallel_tool_calls"), DefaultValue(true)] public bool? ParallelToolCalls { get; init; }
    [JsonPropertyName("add_generation_prompt"), DefaultValue(true), Description("false: no new answer is begun. A last message of the assistant's is then gone on from.")] public bool? AddGenerationPrompt { get; init; }
    [JsonPropertyName("continue_final_message"), Description("Go on from the last message, the assistant's.")] public bool? ContinueFinalMessage { get; init; }
    [JsonPropertyName("logprobs")] public bool? LogProbs { get; init; }
    [JsonPropertyName("top_logprobs"), Range(0, 20)] public int? TopLogProbs { get; init; }
}

public sealed record ChatMessageRequest
{
    [JsonPropertyName("role"), Required, AllowedValues("system", "developer", "user", "assistant", "tool")] public string Role { get; init; } = "user";
    [JsonPropertyName("content"), Description("A string, or an array of parts of type `text`.")] public JsonElement? Content { get; init; }
    [JsonPropertyName("tool_calls")] public IReadOnlyList<JsonElement>? ToolCalls { get; init; }
    [JsonPropertyName("tool_call_id")] public string? ToolCallId { get; init; }
}

public sealed record CompletionRequest : SamplingRequest
{
    [JsonPropertyName("prompt"), Required, Description("A string, an array of strings, an array of tokens, or an array of arrays of tokens.")] public JsonElement Prompt { get; init; }
    [JsonPropertyName("echo"), Description("Repeat the prompt; with logprobs, score it. Then max_tokens may be 0.")] public bool? Echo { get; init; }
    [JsonPropertyName("best_of"), Range(1, 20), Description("Answers to generate, of which the `n` most probable are sent.")] public int? BestOf { get; init; }
    [JsonPropertyName("logprobs"), Range(0, 5)] public int? LogProbs { get; init; }
}

public sealed record ResponsesRequest
{
    [JsonPropertyName("model"), Description("`mesh`, or an expert's name."), Required] public string Model { get; init; } = "mesh";
    [JsonPropertyName("input"), Description("A string, or items: `message`, `function_call`, `function_call_output`, `item_reference`, `reasoning`. May be left out with previous_response_id.")] public JsonElement? Input { get; init; }
    [JsonPropertyName("instructions")] public string? Instructions { get; init; }
    [JsonPropertyName("previous_response_id"), Description("A kept response that this one goes on from.")] public string? PreviousResponseId { get; init; }
    [JsonPropertyName("store"), DefaultValue(true), Description("Keep it, to be read and gone on from.")] public bool? Store { get; init; }
    [JsonPropertyName("stream")] public bool? Stream { get; init; }
    [JsonPropertyName("max_output_tokens")] public int? MaxOutputTokens { get; init; }
    [JsonPropertyName("temperature"), Range(0d, 2d), DefaultValue(1d)] public double? Temperature { get; init; }
    [JsonPropertyName("top_p"), Range(0d, 1d), DefaultValue(1d)] public double? TopP { get; init; }
    [JsonPropertyName("top_logprobs"), Range(0, 20)] public int? TopLogProbs { get; init; }
    [JsonPropertyName("include"), Description("`message.output_text.logprobs` lists log-probabilities.")] public IReadOnlyList<string>? Include { get; init; }
    [JsonPropertyName("text"), Description("`format`: `text`, `json_object`, or `json_schema` with a name and a schema.")] public JsonElement? Text { get; init; }
    [JsonPropertyName("tools"), MaxLength(128), Description("Functions; the mesh has no tools of its own.")] public IReadOnlyList<JsonElement>? Tools { get; init; }
    [JsonPropertyName("tool_choice"), Description("`none`, `auto`, `required`, a function by name, or `allowed_tools`.")] public JsonElement? ToolChoice { get; init; }
    [JsonPropertyName("parallel_tool_calls"), DefaultValue(true)] public bool? ParallelToolCalls { get; init; }
    [JsonPropertyName("truncation"), AllowedValues("auto", "disabled"), Description("`auto` leaves out the oldest turns where all would not fit.")] public string? Truncation { get; init; }
    [JsonPropertyName("metadata")] public IReadOnlyDictionary<string, string>? Metadata { get; init; }
    [JsonPropertyName("user")] public string? User { get; init; }
    [JsonPropertyName("mesh")] public MeshRequest? Mesh { get; init; }
}

public record CountTokensRequest
{
    [JsonPropertyName("model"), Description("`mesh`, or an expert's name."), Required] public string Model { get; init; } = "mesh";
    [JsonPropertyName("messages"), Required, MinLength(1), Description("Of `user`, `assistant` and `system`. A last one of the assistant's is gone on from.")] public IReadOnlyList<MessageRequestItem> Messages { get; init; } = [];
    [JsonPropertyName("system"), Description("A string, or an array of blocks of type `text`.")] public JsonElement? System { get; init; }
    [JsonPropertyName("tools"), MaxLength(128), Description("`name`, `description`, `input_schema`, `strict`; the mesh has no tools of its own.")] public IReadOnlyList<JsonElement>? Tools { get; init; }
    [JsonPropertyName("tool_choice"), Description("`type` is `auto`, `any`, `none`, or `tool` with a `name`; `disable_parallel_tool_use`.")] public JsonElement? ToolChoice { get; init; }
    [JsonPropertyName("thinking"), Description("Read past: the mesh's models do not think before they answer.")] public JsonElement? Thinking { get; init; }
    [JsonPropertyName("output_config"), Description("`format`: `json_schema` with a `schema`; the answer always fits.")] public JsonElement? OutputConfig { get; init; }
}

public sealed record MessagesRequest : CountTokensRequest
{
    [JsonPropertyName("max_tokens"), Required, Description("-1 is as many as there is room for.")] public int MaxTokens { get; init; }
    [JsonPropertyName("stop_sequences"), MaxLength(64)] public IReadOnlyList<string>? StopSequences { get; init; }
    [JsonPropertyName("stream")] public bool? Stream { get; init; }
    [JsonPropertyName("temperature"), Range(0d, 2d), DefaultValue(1d)] public double? Temperature { get; init; }
    [JsonPropertyName("top_p"), Range(0d, 1d), DefaultValue(1d)] public double? TopP { get; init; }
    [JsonPropertyName("top_k"), Range(-1, 1 << 20), Description("0 and -1 are no limit.")] public int? TopK { get; init; }
    [JsonPropertyName("metadata"), Description("`user_id`, read past.")] public JsonElement? Metadata { get; init; }
    [JsonPropertyName("mesh")] public MeshRequest? Mesh { get; init; }
}

public sealed record MessageRequestItem
{
    [JsonPropertyName("role"), Required, AllowedValues("user", "assistant", "system")] public string Role { get; init; } = "user";
    [JsonPropertyName("content"), Required, Description("A string, or an array of blocks: `text`, the assistant's `tool_use` and `thinking`, the user's `tool_result`.")] public JsonElement Content { get; init; }
}

public sealed record TokenizeRequest
{
    [JsonPropertyName("text")] public string? Text { get; init; }
    [JsonPropertyName("messages"), Description("Instead of a text: a conversation.")] public IReadOnlyList<ChatMessageRequest>? Messages { get; init; }
    [JsonPropertyName("add_special"), Description("Put the begin token first where the model wants one.")] public bool? AddSpecial { get; init; }
    [JsonPropertyName("add_generation_prompt"), DefaultValue(true)] public bool? AddGenerationPrompt { get; init; }
    [JsonPropertyName("continue_final_message"), Description("Leave the last message, the assistant's, open.")] public bool? ContinueFinalMessage { get; init; }
    [JsonPropertyName("with_pieces"), Description("Give each token's text as well.")] public bool? WithPieces { get; init; }
}

public sealed record DetokenizeRequest
{
    [JsonPropertyName("tokens"), Required] public IReadOnlyList<int> Tokens { get; init; } = [];
}

public sealed record RegisterExpertRequest
{
    [JsonPropertyName("id"), Required, RegularExpression("[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")] public string Id { get; init; } = "";
    [JsonPropertyName("model_path"), Required, Description("A GGUF file under one of the workers' model roots.")] public string ModelPath { get; init; } = "";
    [JsonPropertyName("adapters")] public IReadOnlyList<AdapterRequest>? Adapters { get; init; }
    [JsonPropertyName("threads"), Range(1, 1024)] public int? Threads { get; init; }
    [JsonPropertyName("gpu_layers"), Range(-1, 1024)] public int? GpuLayers { get; init; }
    [JsonPropertyName("context_length"), Range(16, 1 << 20)] public int? ContextLength { get; init; }
    [JsonPropertyName("description")] public string? Description { get; init; }
}

public sealed record AdapterRequest
{
    [JsonPropertyName("path"), Required] public string Path { get; init; } = "";
    [JsonPropertyName("scale"), Range(-16d, 16d), DefaultValue(1d)] public double? Scale { get; init; }
}

public sealed record FeedbackRequest
{
    [JsonPropertyName("completion_id"), Required] public string CompletionId { get; init; } = "";
    [JsonPropertyName("vote"), Required, AllowedValues("up", "down")] public string Vote { get; init; } = "up";
    [JsonPropertyName("model")] public string? Model { get; init; }
    [JsonPropertyName("prompt")] public string? Prompt { get; init; }
    [JsonPropertyName("answer")] public string? Answer { get; init; }
    [JsonPropertyName("comment")] public string? Comment { get; init; }
    [JsonPropertyName("weights"), Description("Mean share of each expert, 0 to 1.")] public IReadOnlyDictionary<string, double>? Weights { get; init; }
}

public sealed record SelectRequest
{
    [JsonPropertyName("text")] public string? Text { get; init; }
    [JsonPropertyName("messages"), Description("Instead of a text: a conversation.")] public IReadOnlyList<ChatMessageRequest>? Messages { get; init; }
    [JsonPropertyName("mesh")] public MeshRequest? Mesh { get; init; }
}

public sealed record AggregateRequest
{
    [JsonPropertyName("distributions"), Required, MinLength(1), MaxLength(16)] public IReadOnlyList<SparseRequest> Distributions { get; init; } = [];
    [JsonPropertyName("mix"), AllowedValues("arithmetic", "geometric")] public string? Mix { get; init; }
    [JsonPropertyName("vocabulary_size"), Range(2, 1 << 20), Description("That of the mesh unless given.")] public int? VocabularySize { get; init; }
}

public sealed record SparseRequest
{
    [JsonPropertyName("ids"), Required, MaxLength(256), Description("Token ids, ascending.")] public IReadOnlyList<int> Ids { get; init; } = [];
    [JsonPropertyName("logprobs"), Required, MaxLength(256), Description("Natural log-probabilities over the whole vocabulary.")] public IReadOnlyList<float> LogProbs { get; init; } = [];
    [JsonPropertyName("tail"), Range(0d, 1d), Description("Mass of the tokens that are not listed.")] public double? Tail { get; init; }
    [JsonPropertyName("weight"), DefaultValue(1d)] public double? Weight { get; init; }
}

public sealed record RerankRequest
{
    [JsonPropertyName("model"), Description("`mesh`, or an expert's name."), Required] public string Model { get; init; } = "mesh";
    [JsonPropertyName("query"), Required] public string Query { get; init; } = "";
    [JsonPropertyName("documents"), Required, MinLength(1), MaxLength(255), Description("Strings, or objects with a `text`.")] public IReadOnlyList<JsonElement> Documents { get; init; } = [];
    [JsonPropertyName("top_n"), Description("How many of the best to give; all unless given.")] public int? TopN { get; init; }
    [JsonPropertyName("return_documents"), DefaultValue(true)] public bool? ReturnDocuments { get; init; }
}

public sealed record EmbeddingRequest
{
    [JsonPropertyName("model"), Required] public string Model { get; init; } = "mesh";
    [JsonPropertyName("input"), Required, Description("A string, an array of strings, an array of tokens, or an array of arrays of tokens.")] public JsonElement Input { get; init; }
    [JsonPropertyName("encoding_format"), AllowedValues("float", "base64")] public string? EncodingFormat { get; init; }
    [JsonPropertyName("dimensions"), Description("Fewer than the model has: cut and normalised again.")] public int? Dimensions { get; init; }
}
