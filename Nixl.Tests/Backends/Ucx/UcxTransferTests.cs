using FluentAssertions;
using Nixl.Backends;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Two engines in one process over the real libucp.</summary>
[TestFixture("tcp")]
[TestFixture("posix,cma,self")]
public sealed class UcxTransferTests(string transports)
{
    private const int Bytes = 1 << 20;

    private UcxPeer _client = null!;
    private UcxPeer _server = null!;
    private BackendRemoteMemory _remote = null!;

    [SetUp]
    public void Connect()
    {
        _client = new UcxPeer("client", transports, Bytes);
        _server = new UcxPeer("server", transports, Bytes);
        _client.Load(_server);
        _remote = _client.LoadMemory(_server);
    }

    [TearDown]
    public void Disconnect()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [TestCase(1)]
    [TestCase(4096)]
    [TestCase(65537)]
    [TestCase(Bytes)]
    public void Write_PutsTheBytesThere(int length)
    {
        new Random(length).NextBytes(_client.Bytes);
        var request = _client.Prepare(TransferOperation.Write, _server, _remote, (0, Bytes - length, length));

        _client.Run(request, 1, _server, out _).Should().Be(NixlStatus.Success);

        _server.Bytes[(Bytes - length)..].SequenceEqual(_client.Bytes[..length]).Should().BeTrue();
        _server.Bytes[..(Bytes - length)].ContainsAnyExcept((byte)0).Should().BeFalse("nothing else was written");
    }

    [TestCase(1)]
    [TestCase(Bytes)]
    public void Read_TakesTheBytesFromThere(int length)
    {
        new Random(length).NextBytes(_server.Bytes);
        var request = _client.Prepare(TransferOperation.Read, _server, _remote, (0, Bytes - length, length));

        _client.Run(request, 1, _server, out _).Should().Be(NixlStatus.Success);

        _client.Bytes[..length].SequenceEqual(_server.Bytes[(Bytes - length)..]).Should().BeTrue();
    }

    [Test]
    public void ManySegments_AreIssuedInSlicesAndAllArrive()
    {
        const int count = 4096;
        new Random(1).NextBytes(_client.Bytes);
        var pieces = Enumerable.Range(0, count).Select(i => (i * 256, (count - 1 - i) * 256, 200)).ToArray();
        var request = _client.Prepare(TransferOperation.Write, _server, _remote, pieces);

        _client.Engine.PostXfer(request, 1, out _).Should().Be(NixlStatus.InProgress);
        request.NextOperation.Should().BeLessThan(count, "one call issues one slice");
        UcxPeer.Until(() => !request.InFlight, _client, _server).Should().BeTrue();

        request.Outcome(out _).Should().Be(NixlStatus.Success);
        foreach (var (local, remote, length) in pieces)
        {
            _server.Bytes.Slice(remote, length).SequenceEqual(_client.Bytes.Slice(local, length)).Should().BeTrue();
        }
    }

    [Test]
    public void ManySegments_ToAPeerThatDoesNothing_WaitWithoutPolling_AndGoOnLater([Values] TransferOperation operation)
    {
        const int count = 4096;
        var request = _client.Prepare(operation, _server, _remote, [.. Enumerable.Range(0, count).Select(static i => (i * 256, i * 256, 256))]);
        _client.Run(_client.Prepare(TransferOperation.Read, _server, _remote, (0, 0, 1)), 1, _server, out _).Should().Be(NixlStatus.Success, "they are connected");
        new Random(4).NextBytes(operation == TransferOperation.Write ? _client.Bytes : _server.Bytes);

        _client.Engine.PostXfer(request, 1, out _).Should().Be(NixlStatus.InProgress);

        UcxPeer.Until(() => _client.Engine.Progress() == 0).Should().BeTrue("nothing is left that a thread could do before the peer does something");
        UcxPeer.Until(() => !request.InFlight, _client, _server).Should().BeTrue();
        request.Outcome(out _).Should().Be(NixlStatus.Success);
        _server.Bytes.SequenceEqual(_client.Bytes).Should().BeTrue();
    }

    [Test]
    public void EstimatedCost_GrowsWithSizeAndPieces_AndIsOfTheEndpoint()
    {
        double Microseconds(params (int, int, int)[] pieces)
        {
            var transfer = _client.Describe(TransferOperation.Write, _server, _remote, pieces);
            _client.Engine.EstimateXferCost(transfer, out var cost, out _).Should().Be(NixlStatus.Success);
            cost.Method.Should().Be(CostMethod.AnalyticalBackend);
            return cost.Duration.TotalMicroseconds;
        }

        var small = Microseconds((0, 0, 4096));
        small.Should().BePositive();
        Microseconds((0, 0, Bytes)).Should().BeGreaterThan(small);
        Microseconds((0, 0, 4096), (8192, 8192, 4096)).Should().BeApproximately(2 * small, 0.2, "pieces are summed up, in ticks of 0.1 µs");
    }

    [Test]
    public void EstimatedCost_OfALostConnection_IsRefused()
    {
        var transfer = _client.Describe(TransferOperation.Write, _server, _remote, (0, 0, 4096));
        _client.Engine.Disconnect(_server.Name);

        _client.Engine.EstimateXferCost(transfer, out _, out var fault).Should().Be(NixlStatus.RemoteDisconnect);
        fault.Detail.Should().Contain(_server.Name);
    }

    [Test]
    public void EmptySegments_AreNothingToDo()
    {
        var request = _client.Prepare(TransferOperation.Write, _server, _remote, (0, 0, 0), (5, Bytes, 0));

        _client.Run(request, 1, _server, out _).Should().Be(NixlStatus.Success);
    }

    [Test]
    public void Repost_MovesTheBytesOfThatMoment()
    {
        var request = _client.Prepare(TransferOperation.Write, _server, _remote, (0, 0, 64));
        for (var post = 1u; post <= 50; post++)
        {
            _client.Bytes[..64].Fill((byte)post);
            _client.Run(request, post, _server, out _).Should().Be(NixlStatus.Success);

            _server.Bytes[63].Should().Be((byte)post);
        }
    }

    [TestCase(0)]
    [TestCase(41)]
    [TestCase(300_000)]
    public void Notification_ArrivesAfterTheData(int length)
    {
        var message = new byte[length];
        new Random(length).NextBytes(message);
        new Random(2).NextBytes(_client.Bytes);
        var request = _client.Prepare(TransferOperation.Write, _server, _remote, (0, 0, Bytes));
        request.HasNotification = true;
        request.Notification = message;

        _client.Engine.PostXfer(request, 1, out _).Should().BeOneOf(NixlStatus.InProgress, NixlStatus.Success);
        UcxPeer.Until(() => _server.Received.Count > 0, _client, _server).Should().BeTrue();

        _server.Bytes.SequenceEqual(_client.Bytes).Should().BeTrue("the message must not overtake the data");
        _server.Received.Should().ContainSingle().Which.Should().BeEquivalentTo(("client", message));
        UcxPeer.Until(() => !request.InFlight, _client, _server).Should().BeTrue();
        request.Outcome(out _).Should().Be(NixlStatus.Success);
    }

    [Test]
    public void StoppedRequest_IssuesNoMoreAndEndsCanceled()
    {
        const int count = 4096;
        var pieces = Enumerable.Range(0, count).Select(i => (i * 256, i * 256, 256)).ToArray();
        var request = _client.Prepare(TransferOperation.Write, _server, _remote, pieces);

        _client.Engine.PostXfer(request, 1, out _).Should().Be(NixlStatus.InProgress);
        request.Word = RequestWord.Make(1, NixlStatus.Canceled, RequestWord.Draining);
        UcxPeer.Until(() => !request.InFlight, _client, _server).Should().BeTrue();

        request.Outcome(out _).Should().Be(NixlStatus.Canceled);
        request.NextOperation.Should().BeLessThan(count);
    }

    [Test]
    public void OwnMemory_IsReachedThroughALoopback()
    {
        new Random(3).NextBytes(_client.Bytes[..100]);
        var own = _client.LoadMemory(_client);
        var request = _client.Prepare(TransferOperation.Write, _client, own, (0, 1000, 100));

        _client.Run(request, 1, _client, out _).Should().Be(NixlStatus.Success);

        _client.Bytes.Slice(1000, 100).SequenceEqual(_client.Bytes[..100]).Should().BeTrue();
    }

    [Test]
    public void WarmPost_AllocatesNothing()
    {
        var request = _client.Prepare(TransferOperation.Read, _server, _remote, (0, 0, 8));
        Post(500);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Post(500);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(500, "a warm post allocates less than a byte");

        void Post(int count)
        {
            for (var i = 0u; i < count; i++)
            {
                var status = _client.Engine.PostXfer(request, i, out _);
                while (status == NixlStatus.InProgress && request.InFlight)
                {
                    _server.Engine.Progress();
                    _client.Engine.Progress();
                }
            }
        }
    }

    [Test]
    public void Connect_OpensTheConnection_AndTransportsAreNamed()
    {
        using var stop = new CancellationTokenSource();
        var serving = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _server.Engine.Progress();
            }
        });

        _client.Engine.Connect("server", TimeSpan.FromSeconds(20), out var fault).Should().Be(NixlStatus.Success, fault.Detail);
        stop.Cancel();
        serving.Wait();

        _client.Engine.DescribeTransports("server").Should().MatchRegex(transports == "tcp" ? "^tcp/" : "posix/memory");
    }
}
