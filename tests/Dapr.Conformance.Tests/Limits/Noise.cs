using System.Net;
using System.Net.Http.Headers;

namespace Dapr.Conformance.Tests.Limits;

/// <summary>gRPC calls whose message is none: wrong length, wrong flag, or broken fields.</summary>
internal static class Noise
{
    /// <summary>It must be refused, or its stream.</summary>
    public static async Task SendAsync(HttpClient http, string path, Random random)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(random)) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new("trailers"));
        try
        {
            using var answer = await http.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            Assert.NotEqual("0", answer.TrailingHeaders.Concat(answer.Headers).FirstOrDefault(h => h.Key == "grpc-status").Value?.FirstOrDefault() ?? "none");
        }
        catch (HttpRequestException)
        {
            // Refusing the stream is an answer too.
        }
    }

    private static byte[] Frame(Random random)
    {
        var body = new byte[random.Next(1, 200)];
        random.NextBytes(body);
        body[0] = 0x0F;   // a field of a wire type that does not exist
        var length = random.Next(4) == 0 ? int.MaxValue : body.Length;
        return [(byte)(random.Next(4) == 0 ? 7 : 0), (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. body];
    }
}
