namespace Router.Api.Errors;

/// <summary>A request that is answered with an OpenAI error object instead of a result.</summary>
/// <param name="status">HTTP status code, 400 to 599.</param>
/// <param name="type">OpenAI's class of error, such as <c>invalid_request_error</c>.</param>
/// <param name="parameter">The field of the request that is at fault, if one is.</param>
/// <param name="code">What programs look at, such as <c>model_not_found</c>.</param>
public sealed class ApiException(int status, string message, string type, string? parameter = null, string? code = null) : Exception(message)
{
    public int Status { get; } = status;
    public string Type { get; } = type;
    public string? Parameter { get; } = parameter;
    public string? Code { get; } = code;

    /// <summary>It is the mesh's own work that was refused, and no user.</summary>
    public bool IsBackground { get; init; }

    /// <summary>When it is worth trying again; sent as <c>Retry-After</c> in whole seconds.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
