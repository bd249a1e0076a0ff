using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FluentAssertions;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>An etcd that speaks TLS only and wants its clients' certificates.</summary>
public sealed class EtcdTlsTests
{
    private string _folder = "";

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("nixl-tls-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task WithTheRightCertificates_AgentsFindEachOther_AndWithoutThemNobodyAnswers()
    {
        using var authority = Issue("authority", null);
        using var server = Issue("server", authority);
        using var client = Issue("client", authority);
        using var etcd = EtcdServer.Start(
            "--cert-file", Path("server.crt"), "--key-file", Path("server.key"), "--client-cert-auth", "--trusted-ca-file", Path("authority.crt"));
        (string, string)[] settings = [("ca_file", Path("authority.crt")), ("cert_file", Path("client.crt")), ("key_file", Path("client.key"))];
        await WaitForServerAsync(etcd, settings);

        await using var world = new StoreWorld(EtcdWorld.Selection(etcd.Endpoint, settings));
        var first = world.AddAgent("first");
        var second = world.AddAgent("second");
        await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);

        foreach (var some in new[] { settings[..1], [], settings[1..] })
        {
            await using var store = EtcdResilienceTests.NewStore(etcd.Endpoint, some);
            var list = async () => await store.ListAsync(CancellationToken.None);
            (await list.Should().ThrowAsync<NixlException>()).Which.Status.Should().BeOneOf(NixlStatus.BackendError, NixlStatus.TimedOut);
        }
    }

    private static async Task WaitForServerAsync(EtcdServer etcd, (string, string)[] settings)
    {
        await using var store = EtcdResilienceTests.NewStore(etcd.Endpoint, settings);
        StoreWorld.Until(
            () =>
            {
                try
                {
                    return store.ListAsync(CancellationToken.None).GetAwaiter().GetResult().Count == 0;
                }
                catch (NixlException)
                {
                    return false;
                }
            },
            "etcd answers who has a certificate");
    }

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    private X509Certificate2 Issue(string name, X509Certificate2? signer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(signer is null, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
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
