using System.Text;
using Mesh.Governance.Acts;
using Microsoft.AspNetCore.Http;

namespace Mesh.Governance.Http.Chorus;

/// <summary>Reads what strangers send: so many bytes, in so much time.</summary>
internal static class Bodies
{
    public const int MostNoteBytes = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <exception cref="NodeRefusedException">It is too long, or comes too slowly.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int most, TimeProvider clock)
    {
        if (request.ContentLength > most)
            throw TooLarge(most);
        using var deadline = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, request.HttpContext.RequestAborted);
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await request.Body.ReadAsync(buffer, either.Token) is > 0 and var read)
            {
                if (body.Length + read > most)
                    throw TooLarge(most);
                body.Write(buffer, 0, read);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new NodeRefusedException(StatusCodes.Status408RequestTimeout, "too_slow", $"The body did not come within {Patience}.");
        }
        return body.ToArray();
    }

    /// <exception cref="NodeRefusedException">It is too long, comes too slowly, or is no UTF-8.</exception>
    public static async Task<string> ReadTextAsync(HttpRequest request, int most, TimeProvider clock)
    {
        try
        {
            return Utf8.GetString(await ReadAsync(request, most, clock));
        }
        catch (DecoderFallbackException)
        {
            throw Invalid("The body is no UTF-8.");
        }
    }

    public static NodeRefusedException Invalid(string why) => new(StatusCodes.Status400BadRequest, ActCode.Invalid, why);

    private static NodeRefusedException TooLarge(int most) => new(StatusCodes.Status413PayloadTooLarge, ActCode.TooLarge, $"The body has at most {most} bytes.");
}
