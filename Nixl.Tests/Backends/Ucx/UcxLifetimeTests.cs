using FluentAssertions;
using Nixl.Backends;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

public sealed class UcxLifetimeTests
{
    [Test]
    public void Disconnect_WithATransferInFlight_EndsItAsRemoteDisconnect()
    {
        using var client = new UcxPeer("client", "tcp", 16 << 20);
        using var server = new UcxPeer("server", "tcp", 16 << 20);
        client.Load(server);
        var remote = client.LoadMemory(server);
        var request = client.Prepare(TransferOperation.Read, server, remote, (0, 0, 16 << 20));
        client.Run(request, 1, server, out _).Should().Be(NixlStatus.Success, "the endpoint is connected now");
        client.Engine.PostXfer(request, 2, out _).Should().Be(NixlStatus.InProgress);

        client.Engine.Disconnect("server");
        UcxPeer.Until(() => !request.InFlight, client).Should().BeTrue();

        request.Outcome(out _).Should().Be(NixlStatus.RemoteDisconnect);
        client.Engine.PostXfer(request, 3, out _).Should().Be(NixlStatus.RemoteDisconnect);
    }

    [Test]
    public void Engine_EndsAtEachStepOfAPeersHandshake()
    {
        // libucp 1.13 can abort the process when a worker is destroyed with its answer to a peer's handshake unsent. That needs a moment which these steps
        // do not force: they show that closing works at each of them, not that the abort cannot happen.
        for (var round = 0; round < 60; round++)
        {
            using var connecting = new UcxPeer("connecting", "tcp", 4096);
            var ending = new UcxPeer("ending", "tcp", 4096);
            connecting.Load(ending);
            for (var step = 0; step < round / 2; step++)
            {
                (step % 2 == 0 ? connecting : ending).Engine.Progress();
            }

            for (var step = 0; step < 5; step++)
            {
                ending.Engine.Progress(); // takes the request; the connecting side does not move on
            }

            ending.Dispose();
        }
    }

    [Test]
    public void Disconnect_WhileConnecting_LetsTheTransferEnd()
    {
        using var client = new UcxPeer("client", "tcp", 1 << 20);
        using var server = new UcxPeer("server", "tcp", 1 << 20);
        client.Load(server);
        var remote = client.LoadMemory(server);
        var request = client.Prepare(TransferOperation.Read, server, remote, (0, 0, 1 << 20));
        client.Engine.PostXfer(request, 1, out _).Should().Be(NixlStatus.InProgress);

        client.Engine.Disconnect("server");

        UcxPeer.Until(() => !request.InFlight, client, server).Should().BeTrue();
    }

    [Test]
    public void PeerThatEnds_FailsTheTransferAndTheConnection()
    {
        using var client = new UcxPeer("client", "tcp");
        var server = new UcxPeer("server", "tcp");
        client.Load(server);
        var remote = client.LoadMemory(server);
        var request = client.Prepare(TransferOperation.Read, server, remote, (0, 0, 1 << 20));
        client.Run(request, 1, server, out _).Should().Be(NixlStatus.Success);

        server.Engine.Dispose();
        var status = client.Run(request, 2, client, out var fault);

        status.Should().Be(NixlStatus.RemoteDisconnect);
        fault.NativeCode.Should().BeNegative();
        client.Engine.DescribeFault(fault).Should().NotBeEmpty();
        server.Dispose();
    }

    [Test]
    public void Peer_CanBeLoadedAgainAfterDisconnect()
    {
        using var client = new UcxPeer("client", "tcp");
        using var server = new UcxPeer("server", "tcp");
        for (var round = 0; round < 5; round++)
        {
            client.Load(server);
            var remote = client.LoadMemory(server);
            var request = client.Prepare(TransferOperation.Write, server, remote, (0, 0, 4096));
            client.Bytes[0] = (byte)round;
            client.Run(request, 1, server, out _).Should().Be(NixlStatus.Success);

            client.Engine.Disconnect("server");

            server.Bytes[0].Should().Be((byte)round);
        }
    }

    [TestCase("tcp")]
    [TestCase("posix,cma,self")]
    public void Dispose_WithATransferInFlight_EndsItAndReturns(string transports)
    {
        using var server = new UcxPeer("server", transports);
        var client = new UcxPeer("client", transports);
        client.Load(server);
        var remote = client.LoadMemory(server);
        var request = client.Prepare(TransferOperation.Read, server, remote, (0, 0, 1 << 20));
        client.Engine.PostXfer(request, 1, out _).Should().Be(NixlStatus.InProgress);

        client.Engine.Dispose();

        request.InFlight.Should().BeFalse();
        client.Dispose();
    }

    [Test]
    public void EmptyRegion_IsRegisteredAndExposed()
    {
        using var peer = new UcxPeer("peer", "tcp");

        var empty = new MemoryRegion(MemoryType.Dram, new MemoryDescriptor(peer.Address, 0));
        peer.Engine.RegisterMem(empty, out var memory, out _).Should().Be(NixlStatus.Success);
        peer.Engine.LoadLocalMD(memory!, out var remote, out _).Should().Be(NixlStatus.Success);

        peer.Engine.UnloadMD(remote!);
        peer.Engine.DeregisterMem(memory!, out _).Should().Be(NixlStatus.Success);
    }

    [Test]
    public void Events_AnnounceAnArrivalAfterArming()
    {
        using var client = new UcxPeer("client", "tcp");
        using var server = new UcxPeer("server", "tcp");
        client.Load(server);
        client.Engine.GenNotif("server", "first"u8, out _);
        UcxPeer.Until(() => server.Received.Count == 1, client, server).Should().BeTrue();
        server.Engine.EventFd.Should().BeGreaterThanOrEqualTo(0);
        UcxPeer.Until(server.Engine.TryArm, server).Should().BeTrue();

        client.Engine.GenNotif("server", "second"u8, out _);
        UcxPeer.Until(() => DescriptorState.IsReadable(server.Engine.EventFd), client).Should().BeTrue();

        server.Engine.Progress();
        UcxPeer.Until(() => server.Received.Count == 2, server).Should().BeTrue();
    }

    [Test]
    public void WithoutEvents_TheEngineMustBePolled()
    {
        using var peer = new UcxPeer("peer", "tcp", events: false);

        peer.Engine.EventFd.Should().Be(IProgressEngine.MustBePolled);
        peer.Engine.TryArm().Should().BeTrue();
    }

    [Test]
    public void DeviceMemory_WithoutSupport_IsRefusedWithAHint()
    {
        using var peer = new UcxPeer("peer", "tcp");
        if (peer.Engine.Capabilities.MemoryTypes.Includes(MemoryType.Vram))
        {
            Assert.Ignore("This libucp supports device memory, so nothing is refused.");
        }

        peer.Engine.RegisterMem(new MemoryRegion(MemoryType.Vram, peer.Range), out _, out var fault).Should().Be(NixlStatus.NotSupported);
        fault.Hint.Should().Contain("CUDA");
    }

    [Test]
    public void UnreachableSelf_IsExplained_AndLibucpsWordsAreLogged()
    {
        var log = new EventLog();
        using var peer = new UcxPeer("agent", "posix,cma", 4096, true, log, ("ucx_error_handling_mode", "peer"));

        peer.Engine.GenNotif("agent", [], out var fault).Should().Be(NixlStatus.BackendError);

        fault.Hint.Should().Contain("ucx_error_handling_mode");
        peer.Engine.DescribeFault(fault).Should().Contain("unreachable");
        log.Events.Should().ContainSingle(entry => entry.Id == 2000).Which.Text.Should().Contain("error handling peer");
        log.Events.Should().Contain(entry => entry.Id == 2011 && entry.Text.Contains("no peer failure handler", StringComparison.Ordinal));
    }

    [Test]
    public void ManagedExceptions_SurviveTheLibrary()
    {
        using var peer = new UcxPeer("peer", "tcp");
        string? nothing = null;

        var act = () => nothing!.Length;

        act.Should().Throw<NullReferenceException>("the runtime, not libucs, must handle the signal");
    }
}
