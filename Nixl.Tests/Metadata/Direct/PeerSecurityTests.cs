using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FluentAssertions;
using Nixl.Metadata;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Discovery;
using NUnit.Framework;

namespace Nixl.Tests.Metadata.Direct;

/// <summary>Listeners that want a proof: who gets in, who does not, and what proof is worth when a name is taken over.</summary>
public sealed class PeerSecurityTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(static i => (byte)i)];
    private static readonly byte[] OtherKey = [.. Enumerable.Range(2, 32).Select(static i => (byte)i)];

    private readonly List<NixlAgent> _agents = [];

    [TearDown]
    public void End()
    {
        _agents.ForEach(static agent => agent.Dispose());
        _agents.Clear();
    }

    [Test]
    public async Task TheSameKey_ExchangesAndBeats()
    {
        var (owner, reader) = (NewAgent("owner", WithKey(Key)), NewAgent("reader", WithKey(Key)));

        await reader.FetchRemoteMetadataAsync(owner.ListenEndPoint!);
        await reader.SendLocalMetadataAsync(owner.ListenEndPoint!);

        await owner.WaitForPeerAsync(reader.Name, StoreWorld.Limit);
        StoreWorld.Until(() => reader.Peers.Single().HasHeartbeat, "heartbeats come over the proved connection");
    }

    [Test]
    public async Task AnotherKey_OrNone_GetsNothing()
    {
        var owner = NewAgent("owner", WithKey(Key));
        foreach (var stranger in new[] { NewAgent("other", WithKey(OtherKey)), NewAgent("none", null) })
        {
            var fetch = () => stranger.FetchRemoteMetadataAsync(owner.ListenEndPoint!);
            (await fetch.Should().ThrowAsync<NixlException>()).Which.Status.Should().BeOneOf(NixlStatus.NotAllowed, NixlStatus.RemoteDisconnect, NixlStatus.Mismatch);
            try
            {
                await stranger.SendLocalMetadataAsync(owner.ListenEndPoint!);
            }
            catch (NixlException)
            {
                // Refused at once, or not noticed by a sender that gets no answers.
            }
        }

        owner.RemoteAgents.Should().BeEmpty();
    }

    [Test]
    public async Task AClientWithAKey_IsNotSatisfiedWithAListenerWithout()
    {
        var open = NewAgent("open", null);
        var careful = NewAgent("careful", WithKey(Key));

        var fetch = () => careful.FetchRemoteMetadataAsync(open.ListenEndPoint!);

        (await fetch.Should().ThrowAsync<NixlException>()).Which.Status.Should().Be(NixlStatus.NotAllowed);
    }

    [Test]
    public async Task ARecordedConversation_ProvesNothingLater()
    {
        var owner = NewAgent("owner", WithKey(Key));
        var heard = new List<byte[]>();
        using (var relay = new RecordingRelay(owner.ListenEndPoint!, heard))
        {
            await NewAgent("reader", WithKey(Key)).SendLocalMetadataAsync(relay.EndPoint);
            StoreWorld.Until(() => owner.RemoteAgents.Count == 1, "the relayed conversation works");
        }

        var known = owner.RemoteAgents[0];
        owner.InvalidateRemote(known);
        using var replay = new TcpClient();
        await replay.ConnectAsync(owner.ListenEndPoint!);
        foreach (var bytes in heard)
        {
            try
            {
                await replay.GetStream().WriteAsync(bytes);
            }
            catch (IOException)
            {
                break; // it has been thrown out
            }
        }

        replay.ReceiveTimeout = 10_000;
        var buffer = new byte[4096];
        var read = () =>
        {
            while (replay.GetStream().Read(buffer) > 0)
            {
                // The listener's own number, then the end.
            }
        };
        try
        {
            read();
        }
        catch (IOException)
        {
            // An end, too.
        }

        owner.RemoteAgents.Should().BeEmpty();
    }

    [Test]
    public void TheProof_IsAsWrittenDown_AndDoesNotServeTheOtherSide()
    {
        var asked = new byte[32];
        var own = Enumerable.Repeat((byte)1, 32).ToArray();

        var proof = KeyProof.Prove(Key, "nixl.net listener 1"u8, asked, own);

        proof.Should().Equal(HMACSHA256.HashData(Key, (byte[])[.. "nixl.net listener 1"u8, .. asked, .. own]));
        KeyProof.Prove(Key, "nixl.net client 1"u8, own, asked).Should().NotEqual(proof);
    }

    [Test]
    public async Task AForgedLoad_AndInvalidation_ForALiveName_AreRefused()
    {
        var owner = NewAgent("owner", null);
        var real = NewAgent("real", null);
        owner.LoadRemoteMetadata(real.GetLocalMetadata()); // from the application, not from an address
        using var forger = NewAgent(real.Name, null, isNamed: true);

        await forger.SendLocalMetadataAsync(owner.ListenEndPoint!);
        await forger.InvalidateLocalMetadataAsync(owner.ListenEndPoint!);
        await NewAgent("after", null).SendLocalMetadataAsync(owner.ListenEndPoint!);

        StoreWorld.Until(() => owner.RemoteAgents.Count == 2, "what was sent before has been looked at");
        owner.RemoteAgents.Should().Contain(real.Name);
        owner.GetHealth().Reasons.Should().BeEmpty("nobody was lost");
    }

    [Test]
    public async Task CertificatesOfOneAuthority_Exchange_AndOthersDoNot()
    {
        using var authority = Authority("members");
        using var others = Authority("others");
        var owner = NewAgent("owner", WithCertificate(authority, authority));
        var reader = NewAgent("reader", WithCertificate(authority, authority));
        var stranger = NewAgent("stranger", WithCertificate(others, authority));
        var plain = NewAgent("plain", null);

        await reader.FetchRemoteMetadataAsync(owner.ListenEndPoint!);
        await reader.SendLocalMetadataAsync(owner.ListenEndPoint!);
        await owner.WaitForPeerAsync(reader.Name, StoreWorld.Limit);
        StoreWorld.Until(() => reader.Peers.Single().HasHeartbeat, "heartbeats are encrypted, too");
        foreach (var refused in new[] { stranger, plain })
        {
            var fetch = () => refused.FetchRemoteMetadataAsync(owner.ListenEndPoint!);
            await fetch.Should().ThrowAsync<NixlException>();
        }

        owner.RemoteAgents.Should().Equal(reader.Name);
    }

    [Test]
    public void OptionsThatContradictThemselves_AreRefused()
    {
        using var authority = Authority("members");
        var shortKey = () => NewAgent("short", new PeerSecurityOptions { SharedKey = new byte[8] });
        var lonely = () => NewAgent("lonely", new PeerSecurityOptions { Certificate = Member(authority) });

        shortKey.Should().Throw<ArgumentException>();
        lonely.Should().Throw<ArgumentException>();
        WithKey(Key).ToString().Should().NotContain("1");
    }

    private NixlAgent NewAgent(string role, PeerSecurityOptions? security, bool isNamed = false)
    {
        var options = new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0), PeerSecurity = security, DrainTimeout = TimeSpan.FromMilliseconds(200) };
        new InMemoryHarness().AddTo(options.Backends);
        var agent = new NixlAgent(isNamed ? role : StoreWorld.NewName(role), options);
        _agents.Add(agent);
        return agent;
    }

    private static PeerSecurityOptions WithKey(byte[] key) => new() { SharedKey = key };

    private static PeerSecurityOptions WithCertificate(X509Certificate2 signer, X509Certificate2 trusted)
        => new() { Certificate = Member(signer), Authorities = [trusted] };

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Member(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=member", key, HashAlgorithmName.SHA256);
        using var signed = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
