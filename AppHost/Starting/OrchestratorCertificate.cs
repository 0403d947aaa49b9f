#pragma warning disable ASPIRECERTIFICATES001
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AppHost.Starting;

/// <summary>
/// Without a trusted development certificate Aspire's orchestrator makes an RSA key for its loopback API at every start: seconds. An elliptic one costs nothing. It is
/// for that API alone: <see cref="TrustCertificate"/> and <see cref="UseForHttps"/> keep it away from the resources. Kept for the user, because Aspire puts a copy of
/// every one that it sees into the home folder.
/// </summary>
internal sealed class OrchestratorCertificate(string file) : IDeveloperCertificateService
{
    /// <summary>What marks a certificate as one for ASP.NET Core development; others are passed over. The value is the version.</summary>
    private const string Mark = "1.3.6.1.4.1.311.84.1.1";
    private readonly Lazy<ImmutableList<X509Certificate2>> _certificates = new(() => [Load(file) ?? Make(file)]);

    public static string UserFile => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "mesh", "orchestrator.pfx");

    public ImmutableList<X509Certificate2> Certificates => _certificates.Value;
    public bool SupportsContainerTrust => false;
    public bool UseForHttps => false;
    public bool TrustCertificate => false;

    private static X509Certificate2? Load(string file)
    {
        try
        {
            var kept = X509CertificateLoader.LoadPkcs12FromFile(file, null);
            return kept.NotAfter > DateTime.Now.AddDays(1) ? kept : null;
        }
        catch (Exception fault) when (fault is IOException or CryptographicException)
        {
            return null;
        }
    }

    private static X509Certificate2 Make(string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddIpAddress(System.Net.IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], true));
        request.CertificateExtensions.Add(new X509Extension(Mark, [4], false));
        using var made = request.CreateSelfSigned(DateTimeOffset.Now.AddDays(-1), DateTimeOffset.Now.AddDays(90));
        var exported = made.Export(X509ContentType.Pkcs12);
        Keep(file, exported);
        return X509CertificateLoader.LoadPkcs12(exported, null);
    }

    /// <summary>Whole or not at all: another AppHost may be doing the same.</summary>
    private static void Keep(string file, byte[] exported)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var own = $"{file}.{Guid.NewGuid():N}";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(own, options))
                stream.Write(exported);
            File.Move(own, file, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Then the next start makes another one.
        }
    }
}
