using Router.Api.Errors;

namespace Router.Api.Security;

/// <summary>Asks for <c>Authorization: Bearer key</c> on everything but health, where keys are in use.</summary>
internal sealed class Authentication(RequestDelegate next, ApiKeys keys)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
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

    /// <summary>Probes of the host, and the page itself: it holds no data and asks the person for the key.</summary>
    private static bool IsOpen(PathString path) => path.Value is "/health" or "/alive" or "/" || path.StartsWithSegments("/console");
}
