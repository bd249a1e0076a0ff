using FluentAssertions;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>An etcd that speaks TLS only and wants its clients' certificates.</summary>
public sealed class EtcdTlsTests
{
    [Test]
    public async Task WithTheRightCertificates_AgentsFindEachOther_AndWithoutThemNobodyAnswers()
    {
        using var authority = new TestAuthority();
        authority.Issue("server");
        authority.Issue("client");
        using var etcd = EtcdServer.Start(
            "--cert-file", authority.Path("server.crt"), "--key-file", authority.Path("server.key"), "--client-cert-auth", "--trusted-ca-file", authority.Path("authority.crt"));
        (string, string)[] settings = [("ca_file", authority.Path("authority.crt")), ("cert_file", authority.Path("client.crt")), ("key_file", authority.Path("client.key"))];
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
}
