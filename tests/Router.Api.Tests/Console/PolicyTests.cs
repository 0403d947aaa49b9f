namespace Router.Api.Tests.Console;

public sealed class PolicyTests
{
    [Fact]
    public async Task The_page_comes_with_a_strict_policy_and_a_tag()
    {
        await using var router = await RouterHost.StartAsync();
        using var page = await router.Client.GetAsync("/");
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("require-trusted-types-for 'script'", policy);
        Assert.DoesNotContain("unsafe", policy);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        Assert.Equal(304, (int)(await router.Client.SendAsync(again)).StatusCode);
        await RouterHost.ErrorAsync(await router.Client.GetAsync("/console/none.js"), 404);
    }
}
