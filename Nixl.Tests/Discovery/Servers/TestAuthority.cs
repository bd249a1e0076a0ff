using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>Who signs certificates for the servers and clients of one test; they are files in a folder that goes with it.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nixl-tls-").FullName;
    private readonly X509Certificate2 _authority;

    internal TestAuthority() => _authority = Issue("authority", null, null);

    /// <summary>A file: <c>authority.crt</c>, and <c>NAME.crt</c> and <c>NAME.key</c> of what was issued.</summary>
    internal string Path(string file) => System.IO.Path.Combine(_folder, file);

    /// <summary>Issues a certificate for the loopback address, or for another name only.</summary>
    internal void Issue(string name, string? host = null) => Issue(name, _authority, host).Dispose();

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private X509Certificate2 Issue(string name, X509Certificate2? signer, string? host)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(signer is null, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        if (host is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        X509Certificate2 issued;
        if (signer is null)
        {
            issued = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        }
        else
        {
            using var signed = request.Create(signer, signer.NotBefore, signer.NotAfter, RandomNumberGenerator.GetBytes(8));
            issued = signed.CopyWithPrivateKey(key);
        }

        File.WriteAllText(Path($"{name}.crt"), issued.ExportCertificatePem());
        File.WriteAllText(Path($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        return issued;
    }
}
