using System.Text;
using Mesh.Governance.Acts;

namespace Governance.Workflows.Errors;

/// <summary>Bodies that are signed notes.</summary>
internal static class Notes
{
    /// <exception cref="ActRefusedException">It is too long, or no UTF-8.</exception>
    public static async Task<string> ReadAsync(HttpRequest request)
    {
        var buffer = new byte[SignedAct.MostBytes + 1];
        var length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
        if (length > SignedAct.MostBytes)
            throw new ActRefusedException(ActCode.TooLarge, $"A signed act has at most {SignedAct.MostBytes} bytes.");
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new ActRefusedException(ActCode.Invalid, "A signed act is text in UTF-8.");
        }
    }

    public static RouteHandlerBuilder AcceptsNote(this RouteHandlerBuilder endpoint) => endpoint.Accepts<string>("text/plain");

    /// <summary>What an act may be answered with.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint)
    {
        foreach (var status in (ReadOnlySpan<int>)[400, 403, 404, 409, 413, 503])
            endpoint.ProducesProblem(status);
        return endpoint;
    }
}
