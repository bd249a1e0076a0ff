using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Each of libucp's transports that run everywhere, alone or as users combine them; and settings of the environment.</summary>
[Platform(Include = "Linux", Reason = "UCX is there on Linux only.")]
public sealed class UcxTransportTests
{
    private const int Bytes = 1 << 20;

    [TestCase("tcp", "tcp/")]
    [TestCase("posix", "posix/")]
    [TestCase("sysv", "sysv/")]
    [TestCase("sysv,cma,self", "sysv/")]
    [TestCase("posix,sysv,cma,self", "/memory")]
    public void Bytes_MoveBothWays(string transports, string expected)
    {
        RequireSpace(transports);
        using var client = new UcxPeer("client", transports, Bytes);
        using var server = new UcxPeer("server", transports, Bytes);
        client.Load(server);
        var remote = client.LoadMemory(server);
        new Random(1).NextBytes(client.Bytes);

        client.Run(client.Prepare(TransferOperation.Write, server, remote, (0, 0, Bytes)), 1, server, out var fault).Should().Be(NixlStatus.Success, fault.Detail);
        server.Bytes.SequenceEqual(client.Bytes).Should().BeTrue();
        server.Bytes.Reverse();
        client.Run(client.Prepare(TransferOperation.Read, server, remote, (0, 0, Bytes)), 1, server, out fault).Should().Be(NixlStatus.Success, fault.Detail);
        client.Bytes.SequenceEqual(server.Bytes).Should().BeTrue();
        client.Engine.DescribeTransports("server").Should().Contain(expected);
    }

    [Test]
    public void TransportWithinAProcess_ReachesOneself()
    {
        using var peer = new UcxPeer("alone", "self", Bytes);
        new Random(2).NextBytes(peer.Bytes[..100]);
        var own = peer.LoadMemory(peer);

        peer.Run(peer.Prepare(TransferOperation.Write, peer, own, (0, 1000, 100)), 1, peer, out var fault).Should().Be(NixlStatus.Success, fault.Detail);

        peer.Bytes.Slice(1000, 100).SequenceEqual(peer.Bytes[..100]).Should().BeTrue();
    }

    [Test]
    public void TransportsThatAreNone_AreAnErrorThatNamesTheSetting()
    {
        var act = static () => new UcxPeer("agent", "pigeon", 4096);

        act.Should().Throw<InvalidOperationException>().WithMessage("BackendError:*UCX_TLS*");
    }

    [Test]
    public async Task LogLevel_OfTheEnvironment_ReachesLibucp_AndItsWordsTheLogger()
    {
        if (!ChildTest.IsChild)
        {
            await ChildTest.RunAsync(GetType(), nameof(LogLevel_OfTheEnvironment_ReachesLibucp_AndItsWordsTheLogger), "export UCX_LOG_LEVEL=info");
            return;
        }

        var log = new EventLog();
        using var peer = new UcxPeer("alone", "tcp", 4096, true, log);
        _ = peer.LoadMemory(peer); // an endpoint, which is worth a line

        log.Events.Should().Contain(static entry => entry.Id == 2013, "libucp is silent at its own level");
    }

    private static void RequireSpace(string transports)
    {
        if (transports.Contains("posix", StringComparison.Ordinal) && new UcxSharedMemoryHarness().Unavailable is { } reason)
        {
            Assert.Ignore(reason);
        }
    }
}
