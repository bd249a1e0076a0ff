using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Several workers, and threads that take the pieces of long lists.</summary>
[TestFixture("tcp")]
[TestFixture("posix,cma,self")]
public sealed class UcxWorkersTests(string transports)
{
    private const int Bytes = 1 << 20;
    private const int Piece = 256;

    [Test]
    public void Transfer_GoesOverTheWorkerThatItAsksFor([Values(0, 1, 2)] int worker)
    {
        using var client = new UcxPeer("client", transports, Bytes, parameters: ("num_workers", "3"));
        using var server = new UcxPeer("server", transports, Bytes);
        client.Load(server);
        var remote = client.LoadMemory(server);
        new Random(worker).NextBytes(client.Bytes);
        var request = client.Prepare(TransferOperation.Write, server, remote, $"worker_id={worker}", (0, 0, Bytes));

        request.Connection.Worker.Index.Should().Be(worker);
        client.Run(request, 1, server, out var fault).Should().Be(NixlStatus.Success, fault.Detail);
        server.Bytes.SequenceEqual(client.Bytes).Should().BeTrue();
    }

    // What is refused or cut is the same over every transport.
    [TestCase("worker_id=3")]
    [TestCase("worker_id=-1")]
    [TestCase("worker_id=")]
    [TestCase("worker_id=first")]
    public void Worker_ThatIsNotThere_IsRefusedWithWhatIs(string wish)
    {
        RequireTcp();
        using var client = new UcxPeer("client", transports, Bytes, parameters: ("num_workers", "3"));
        using var server = new UcxPeer("server", transports, Bytes);
        client.Load(server);
        var remote = client.LoadMemory(server);

        client.Engine.PrepXfer(client.Describe(TransferOperation.Write, server, remote, wish, (0, 0, 1)), out var request, out var fault)
            .Should().Be(NixlStatus.InvalidParam);

        request.Should().BeNull();
        fault.Detail.Should().Contain("0 to 2");
    }

    [Test]
    public void LongLists_AreCutIntoPieces_WhoseMessageComesLast([Values] TransferOperation operation)
    {
        const int count = Bytes / Piece;
        using var client = new UcxPeer("client", transports, Bytes, parameters: [("num_threads", "2"), ("split_batch_size", "64")]);
        using var server = new UcxPeer("server", transports, Bytes);
        client.Load(server);
        var remote = client.LoadMemory(server);
        var pieces = Enumerable.Range(0, count).Select(i => (i * Piece, (count - 1 - i) * Piece, Piece)).ToArray();
        var request = client.Prepare(operation, server, remote, pieces);
        request.Pieces.Should().HaveCount(2);
        request.HasNotification = true;

        for (var post = 1u; post <= 20; post++)
        {
            new Random((int)post).NextBytes(client.Bytes);
            new Random(-(int)post).NextBytes(server.Bytes);
            request.Notification = BitConverter.GetBytes(post);
            client.Run(request, post, server, out var fault).Should().Be(NixlStatus.Success, fault.Detail);
            UcxPeer.Until(() => server.Received.Count == post, client, server).Should().BeTrue();
            server.Received[^1].Payload.Should().Equal(BitConverter.GetBytes(post));
            foreach (var (local, far, length) in pieces)
            {
                server.Bytes.Slice(far, length).SequenceEqual(client.Bytes.Slice(local, length)).Should().BeTrue();
            }
        }
    }

    [TestCase(63, 0)]
    [TestCase(64, 1)]
    [TestCase(128, 2)]
    [TestCase(129, 2)]
    public void ShortLists_AreNotCut(int count, int expected)
    {
        RequireTcp();
        using var client = new UcxPeer("client", transports, Bytes, parameters: [("num_threads", "2"), ("split_batch_size", "64")]);
        using var server = new UcxPeer("server", transports, Bytes);
        client.Load(server);
        var remote = client.LoadMemory(server);

        var request = client.Prepare(TransferOperation.Write, server, remote, Enumerable.Range(0, count).Select(i => (i, i, 1)).ToArray());

        request.Pieces.Should().HaveCount(expected);
        client.Run(request, 1, server, out _).Should().Be(NixlStatus.Success);
    }

    [Test]
    public void Disconnect_WithPiecesInFlight_EndsThem()
    {
        RequireTcp();
        using var client = new UcxPeer("client", transports, 16 << 20, parameters: [("num_threads", "2"), ("split_batch_size", "2")]);
        using var server = new UcxPeer("server", transports, 16 << 20);
        client.Load(server);
        var remote = client.LoadMemory(server);
        var request = client.Prepare(TransferOperation.Read, server, remote, [.. Enumerable.Range(0, 4).Select(i => (i << 22, i << 22, 1 << 22))]);
        client.Run(request, 1, server, out _).Should().Be(NixlStatus.Success, "the endpoints are connected now");
        client.Engine.PostXfer(request, 2, out _).Should().Be(NixlStatus.InProgress);

        client.Engine.Disconnect("server");

        UcxPeer.Until(() => !request.InFlight, client).Should().BeTrue();
        request.Outcome(out _).Should().Be(NixlStatus.RemoteDisconnect);
        client.Engine.PostXfer(request, 3, out _).Should().Be(NixlStatus.RemoteDisconnect);
    }

    [Test]
    public void Dispose_WithPiecesInFlight_EndsThem()
    {
        using var server = new UcxPeer("server", transports, Bytes);
        var client = new UcxPeer("client", transports, Bytes, parameters: [("num_threads", "2"), ("split_batch_size", "2")]);
        client.Load(server);
        var remote = client.LoadMemory(server);
        var request = client.Prepare(TransferOperation.Read, server, remote, [.. Enumerable.Range(0, 4).Select(i => (i << 18, i << 18, 1 << 18))]);
        client.Engine.PostXfer(request, 1, out _).Should().Be(NixlStatus.InProgress);

        client.Engine.Dispose();

        request.InFlight.Should().BeFalse();
        client.Dispose();
    }

    private void RequireTcp()
    {
        if (transports != "tcp")
        {
            Assert.Ignore("Said over tcp: it is the same over shared memory, or nothing can be closed by force there.");
        }
    }
}
