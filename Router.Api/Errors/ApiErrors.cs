using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Microsoft.AspNetCore.Http;

namespace Router.Api.Errors;

/// <summary>The errors of the API, in OpenAI's words where it has them.</summary>
internal static class ApiErrors
{
    public const string InvalidRequest = "invalid_request_error";
    public const string ServerError = "server_error";
    public const string UnsupportedValue = "unsupported_value";
    public const string RateLimit = "rate_limit_error";
    public const string MeshHalted = "mesh_halted";
    public const string NoneReady = "no_experts";

    public static ApiException Invalid(string? parameter, string message, string? code = "invalid_value") =>
        new(StatusCodes.Status400BadRequest, message, InvalidRequest, parameter, code);

    public static ApiException WrongType(string parameter, string expected, string actual) =>
        Invalid(parameter, $"Invalid type for '{parameter}': expected {expected}, but got {actual} instead.", "invalid_type");

    public static ApiException Missing(string parameter) =>
        Invalid(parameter, $"Missing required parameter: '{parameter}'.", "missing_required_parameter");

    public static ApiException Unsupported(string parameter, string message) => Invalid(parameter, message, UnsupportedValue);

    public static ApiException BadJson(string detail) =>
        Invalid(null, $"We could not parse the JSON body of your request: {detail}", null);

    public static ApiException NotJson() =>
        new(StatusCodes.Status415UnsupportedMediaType, "Send the header 'Content-Type: application/json'.", InvalidRequest, code: "unsupported_media_type");

    public static ApiException UnknownEncoding(string coding) =>
        new(StatusCodes.Status415UnsupportedMediaType, $"Unsupported 'Content-Encoding': '{(coding.Length <= 64 ? coding : coding[..64])}'. Supported values are: 'gzip', 'deflate', and 'br'.", InvalidRequest, code: "unsupported_encoding");

    public static ApiException ModelNotFound(string model) =>
        new(StatusCodes.Status404NotFound, $"The model '{model}' does not exist. GET /v1/models lists those that do.", InvalidRequest, "model", "model_not_found");

    public static ApiException ContextLength(string parameter, int tokens, int limit) =>
        Invalid(parameter, $"This model's maximum context length is {limit} tokens. However, your prompt has {tokens} tokens. Please reduce its length.",
            "context_length_exceeded");

    public static ApiException NoExperts(string message) =>
        new(StatusCodes.Status503ServiceUnavailable, message, ServerError, code: NoneReady) { RetryAfter = TimeSpan.FromSeconds(5) };

    public static ApiException NoStore(string reason) =>
        new(StatusCodes.Status503ServiceUnavailable, $"Nothing was changed. {reason}", ServerError, code: "state_unavailable") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static ApiException Stopping() =>
        new(StatusCodes.Status503ServiceUnavailable, "The router is shutting down. Please try again in a moment.", ServerError, code: "shutting_down") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static ApiException Halted() =>
        new(StatusCodes.Status503ServiceUnavailable, "The mesh is halted: people stopped it, or this router has lost its lease. Nothing is generated or changed until it goes on; GET /mesh/status says more.", ServerError, code: MeshHalted);

    public static ApiException NoLease() =>
        new(StatusCodes.Status503ServiceUnavailable, "Nothing was changed. This router has no lease: it has not heard from a majority of the mesh lately.", ServerError, code: "no_lease") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static ApiException ProposalRequired(string command) =>
        new(StatusCodes.Status403Forbidden, $"Nothing was changed. In this mesh people admit and remove experts by proposal: {command}", InvalidRequest, code: "proposal_required");

    public static ApiException Busy(string message, TimeSpan retryAfter, bool isBackground = false) =>
        new(StatusCodes.Status429TooManyRequests, message, RateLimit, code: "rate_limit_exceeded") { RetryAfter = retryAfter, IsBackground = isBackground };

    public static ApiException Unauthorized(string message, string? code) =>
        new(StatusCodes.Status401Unauthorized, message, InvalidRequest, code: code);

    public static ApiException NotFound(string message, string? parameter = null, string? code = null) =>
        new(StatusCodes.Status404NotFound, message, InvalidRequest, parameter, code);

    /// <summary>What a failure of the token loop is to a client; null when it is a defect or the client's own leaving.</summary>
    public static ApiException? FromGeneration(Exception exception, string promptParameter) => exception switch
    {
        ApiException api => api,
        NoExpertException none => NoExperts(none.Message),
        ContextLengthException length => ContextLength(promptParameter, length.PromptTokens, length.Limit),
        ConstraintException => new(StatusCodes.Status500InternalServerError, "The requested form of the answer could not be kept.", ServerError, code: "constraint_failed"),
        _ => null,
    };

    public static ApiException Internal() =>
        new(StatusCodes.Status500InternalServerError, "The server had an error while processing your request.", ServerError, code: "internal_error");
}
