using Microsoft.Extensions.Options;
using Router.Api.Errors;
using Router.Api.Hosting;

namespace Router.Api.Security;

/// <summary>Asks for a key on everything but health, where keys are in use: as <c>Authorization: Bearer</c>, or in a header of its own as Anthropic's and Azure's clients send it.</summary>
internal sealed class Authentication(RequestDelegate next, ApiKeys keys, WrongKeys wrong, IOptions<RouterOptions> options, IConfiguration configuration)
{
    public const string ForeignHost = "foreign_host", ForeignOrigin = "foreign_origin", WrongKey = "invalid_api_key";
    private const string Scheme = "Bearer ";

    /// <summary>Without keys only this machine may ask, also when a name that someone else controls points here (DNS rebinding).</summary>
    private readonly bool _localNamesOnly = !keys.Required && configuration["AllowedHosts"] is null or "*";

    public Task InvokeAsync(HttpContext context)
    {
        if (_localNamesOnly && context.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
            throw new ApiException(StatusCodes.Status403Forbidden, "Without API keys this router answers to localhost, 127.0.0.1 and [::1] alone. Set 'AllowedHosts' to allow other names.", ApiErrors.InvalidRequest, code: ForeignHost);
        // Without keys a browser would let any page it shows act here.
        if (!keys.Required && Origins.IsForeign(context.Request, options.Value.AllowedOrigins))
            throw new ApiException(StatusCodes.Status403Forbidden, "Pages of another origin may not use this router.", ApiErrors.InvalidRequest, code: ForeignOrigin);
        if (!keys.Required || IsOpen(context.Request.Path))
            return next(context);
        var key = KeyOf(context.Request.Headers) ?? throw ApiErrors.Unauthorized("You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY' or 'x-api-key: YOUR_KEY'.", null);
        if (keys.NameOf(key) is not { } name)
        {
            // Keys are 256 random bits, which nobody guesses: the right one never waits for others who share its address.
            var address = context.Connection.RemoteIpAddress;
            if (wrong.WaitOf(address) is { } wait)
                throw ApiErrors.Busy("Too many wrong API keys came from this address. Please try again later.", wait);
            wrong.OnWrong(address);
            throw ApiErrors.Unauthorized("Incorrect API key provided.", WrongKey);
        }
        context.Items[typeof(Authentication)] = name;
        return next(context);
    }

    /// <summary>Whose key it was; null where none is needed.</summary>
    public static string? KeyName(HttpContext context) => context.Items[typeof(Authentication)] as string;

    /// <summary>The first key that is shown: others are not looked at.</summary>
    private static string? KeyOf(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization.ToString();
        if (authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return authorization[Scheme.Length..].Trim();
        foreach (var name in (ReadOnlySpan<string>)["x-api-key", "api-key"])
            if (headers[name].ToString().Trim() is { Length: > 0 } key)
                return key;
        return null;
    }

    /// <summary>Probes of the host, the page itself, which holds no data and asks the person for the key, and what other nodes ask, who sign it.</summary>
    private static bool IsOpen(PathString path) => path.Value is "/health" or "/alive" or "/" || path.StartsWithSegments("/console") || path.StartsWithSegments("/chorus");
}
