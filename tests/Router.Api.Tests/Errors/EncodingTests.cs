using System.IO.Compression;
using System.Text;

namespace Router.Api.Tests.Errors;

public sealed class EncodingTests
{
    private const string Chat = "/v1/chat/completions";
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"model":"mesh","messages":[{"role":"user","content":"Hi"}]}""");

    [Theory, InlineData("gzip"), InlineData("deflate"), InlineData("br"), InlineData("identity"), InlineData("GZip")]
    public async Task A_known_encoding_is_read(string encoding)
    {
        await using var router = await RouterHost.StartAsync();
        using var response = await PostAsync(router, encoding, Encode(encoding, Body));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    [Theory, InlineData("zstd"), InlineData("compress"), InlineData("x"), InlineData("gzip, gzip"), InlineData("aws-chunked")]
    public async Task An_unknown_encoding_is_told_by_name(string encoding)
    {
        await using var router = await RouterHost.StartAsync();
        var error = await RouterHost.ErrorAsync(await PostAsync(router, encoding, Body), 415);
        Assert.Equal("unsupported_encoding", error.GetProperty("code").GetString());
        Assert.Contains(encoding, error.GetProperty("message").GetString());
    }

    [Theory, InlineData("gzip"), InlineData("deflate"), InlineData("br")]
    public async Task A_body_that_is_not_in_its_encoding_is_refused(string encoding)
    {
        await using var router = await RouterHost.StartAsync();
        var whole = Encode(encoding, Body);
        await RouterHost.ErrorAsync(await PostAsync(router, encoding, Body), 400);
        await RouterHost.ErrorAsync(await PostAsync(router, encoding, []), 400);
        await RouterHost.ErrorAsync(await PostAsync(router, encoding, whole[..(whole.Length / 2)]), 400);
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var garbage = whole.ToArray();
            for (var n = random.Next(1, 6); n > 0; n--)
                garbage[random.Next(garbage.Length)] = (byte)random.Next(256);
            using var response = await PostAsync(router, encoding, garbage);
            Assert.True((int)response.StatusCode is 200 or 400 or 404, $"{(int)response.StatusCode} for {Convert.ToHexString(garbage)}");
        }
    }

    [Theory, InlineData("gzip"), InlineData("deflate"), InlineData("br")]
    public async Task A_small_body_that_unfolds_without_end_is_cut_off(string encoding)
    {
        await using var router = await RouterHost.StartAsync(settings: "--Mesh:Router:MaxBodyBytes=100000");
        var bomb = Encode(encoding, [.. "{\"model\":\""u8, .. Enumerable.Repeat((byte)'x', 50_000_000), .. "\"}"u8]);
        Assert.InRange(bomb.Length, 1, 99_999);
        await RouterHost.ErrorAsync(await PostAsync(router, encoding, bomb), 413);
    }

    private static byte[] Encode(string encoding, byte[] body)
    {
        var encoded = new MemoryStream();
        using (Stream stream = encoding.ToLowerInvariant() switch
        {
            "gzip" => new GZipStream(encoded, CompressionLevel.Optimal),
            "deflate" => new ZLibStream(encoded, CompressionLevel.Optimal),
            "br" => new BrotliStream(encoded, CompressionLevel.Optimal),
            _ => encoded,
        })
            stream.Write(body);
        return encoded.ToArray();
    }

    private static Task<HttpResponseMessage> PostAsync(RouterHost router, string encoding, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return router.Client.PostAsync(Chat, content);
    }
}
