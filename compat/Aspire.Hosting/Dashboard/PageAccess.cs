using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Aspire.Hosting.Dashboard;

/// <summary>
/// Who may see the page: whoever has the address with the token, which only the console shows. Other programs and web pages of this machine are kept out:
/// the host must be loopback by name (no rebinding), and commands need a header that no foreign page can send.
/// </summary>
internal sealed class PageAccess
{
    private const string CommandHeader = "X-Resource-Page";
    private readonly string _cookie = $"resource-page-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    public string Token { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";
        if (request.Host.Host is not ("127.0.0.1" or "localhost"))
            return RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "This page is served on loopback only.");
        if (request.Path == "/login" && HttpMethods.IsGet(request.Method) && IsToken(request.Query["t"]))
        {
            response.Cookies.Append(_cookie, Token, new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/" });
            response.Redirect("/");
            return Task.CompletedTask;
        }
        if (!IsToken(request.Cookies[_cookie]))
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, "Open the address with the token that the AppHost printed.");
        if (!HttpMethods.IsGet(request.Method) && !request.Headers.ContainsKey(CommandHeader))
            return RefuseAsync(context, StatusCodes.Status403Forbidden, $"Commands need the header {CommandHeader}.");
        return next(context);
    }

    private bool IsToken(string? given) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Token));

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason, context.RequestAborted);
    }
}
