using Router.Api.Errors;

namespace Router.Api.Security;

/// <summary>Asks for <c>Authorization: Bearer key</c> on everything but health, where keys are in use.</summary>
internal sealed class Authentication(RequestDelegate next, ApiKeys keys)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        if (!keys.Required && IsForeign(context.Request))
            throw new ApiException(StatusCodes.Status403Forbidden, "Pages of another origin may not use this router.", ApiErrors.InvalidRequest, code: "foreign_origin");
        if (!keys.Required || IsOpen(context.Request.Path))
            return next(context);
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw ApiErrors.Unauthorized("You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY'.", null);
        context.Items[typeof(Authentication)] = keys.NameOf(header[Scheme.Length..].Trim()) ?? throw ApiErrors.Unauthorized("Incorrect API key provided.", "invalid_api_key");
        return next(context);
    }

    /// <summary>Whose key it was; null where none is needed.</summary>
    public static string? KeyName(HttpContext context) => context.Items[typeof(Authentication)] as string;

    /// <summary>Without keys a browser would let any page it shows act here; programs send no Origin.</summary>
    private static bool IsForeign(HttpRequest request) =>
        request.Headers.Origin.ToString() is { Length: > 0 } origin
        && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));

    /// <summary>Probes of the host, and the page itself: it holds no data and asks the person for the key.</summary>
    private static bool IsOpen(PathString path) => path.Value is "/health" or "/alive" or "/" || path.StartsWithSegments("/console");
}
