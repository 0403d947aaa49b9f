using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ServiceDefaults;

/// <summary>Doors opened in code: where one is, Kestrel no longer opens those of the configuration.</summary>
public static class Doors
{
    /// <summary>Opens what <c>ASPNETCORE_URLS</c> would have opened, for HTTP/1.1.</summary>
    /// <param name="urls">Separated by ';'.</param>
    /// <exception cref="InvalidOperationException">One is not plain HTTP.</exception>
    public static void ListenHttp1(this KestrelServerOptions kestrel, string urls)
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            Listen(kestrel, BindingAddress.Parse(url));
    }

    private static void Listen(KestrelServerOptions kestrel, BindingAddress url)
    {
        if (url.Scheme != Uri.UriSchemeHttp)
            throw new InvalidOperationException($"'{url}': beside a door for HTTP/2 without TLS, the others speak plain HTTP.");
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, url.Port, UseHttp1);
        else if (url.Host != "localhost")
            kestrel.ListenAnyIP(url.Port, UseHttp1);
        else if (url.Port == 0)
            kestrel.Listen(IPAddress.Loopback, 0, UseHttp1);
        else
            kestrel.ListenLocalhost(url.Port, UseHttp1);

        static void UseHttp1(ListenOptions options) => options.Protocols = HttpProtocols.Http1;
    }
}
