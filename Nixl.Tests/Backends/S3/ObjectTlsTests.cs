using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FluentAssertions;
using Nixl.Backends.S3;
using Nixl.Bench.Objects;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>TLS with an authority of one's own.</summary>
public sealed class ObjectTlsTests
{
    [Test]
    public async Task Store_WithACertificateOfTheNamedAuthority_IsTrusted_AndNoOther([Values] bool isNamed)
    {
        var server = ObjectServer.Running;
        using var authority = MakeAuthority("authority");
        using var other = MakeAuthority("other");
        using var certificate = Issue(authority);
        await using var proxy = new StoreProxy(server.Endpoint, certificate);
        var path = Path.Combine(Path.GetTempPath(), $"nixl-ca-{Environment.ProcessId}-{isNamed}.pem");
        await File.WriteAllTextAsync(path, (isNamed ? authority : other).ExportCertificatePem());
        try
        {
            var options = new NixlAgentOptions();
            options.Backends.Add<S3Engine>([.. server.Parameters(proxy.Endpoint), ("ca_bundle", path), ("max_attempts", "1")]);
            await using var agent = new NixlAgent("tls", options);
            using var memory = agent.AllocateMemory(6 << 20);
            using var registration = agent.Register(memory);
            using var stored = StoredObject.Create(agent, null);
            var whole = stored.List(stored.At(0, 6 << 20));
            new Random(1).NextBytes(memory.GetSpan(0, 6 << 20));
            using var write = agent.CreateTransfer(TransferOperation.Write, registration.ToDescriptors(), whole, agent.Name);
            using var read = agent.CreateTransfer(TransferOperation.Read, registration.ToDescriptors(), whole, agent.Name);

            var status = await write.PostAsync();

            status.Should().Be(isNamed ? NixlStatus.Success : NixlStatus.NotAllowed, "{0}", write.GetFault());
            if (isNamed)
            {
                stored.Content().AsSpan().SequenceEqual(memory.GetSpan(0, 6 << 20)).Should().BeTrue();
                (await read.PostAsync()).Should().Be(NixlStatus.Success, "{0}", read.GetFault());
            }
            else
            {
                write.GetFault()!.Hint.Should().Contain("ca_bundle");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        using var whole = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }
}
