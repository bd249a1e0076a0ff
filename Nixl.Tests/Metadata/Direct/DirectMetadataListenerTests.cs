using System.Net;
using System.Net.Sockets;
using System.Text;
using FluentAssertions;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Metadata.Direct;

[Parallelizable(ParallelScope.None)]
public sealed partial class DirectMetadataListenerTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);
    private RecordingEndpoint _target = null!;
    private RecordingLogger _logger = null!;
    private DirectMetadataListener? _listener;

    [SetUp]
    public void SetUp() => (_target, _logger) = (new RecordingEndpoint(), new RecordingLogger());

    [TearDown]
    public async Task TearDown()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
            _listener = null;
        }
    }

    [Test]
    public void Send_IsAnsweredOnTheSameConnection()
    {
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:SEND"));
        var first = peer.ReceiveFrame();
        peer.Send(RawPeer.Frame("NIXLCOMM:SEND"));
        var second = peer.ReceiveFrame();

        first.Should().Equal([.. "NIXLCOMM:LOAD"u8, .. MetadataSamples.OneRegionBytes]);
        second.Should().Equal(first);
    }

    [Test]
    public void LoadAndSendInOneFrame_AreBothCarriedOut()
    {
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:LOAD", MetadataSamples.OneRegionBytes, "NIXLCOMM:SEND"));
        peer.ReceiveFrame().Should().StartWith("NIXLCOMM:LOAD"u8.ToArray());

        _target.Loaded.Should().ContainSingle().Which.Should().Equal(MetadataSamples.OneRegionBytes);
        _target.Sources.Should().Equal(IPAddress.Loopback);
    }

    [Test]
    public void Invalidate_HandsOverTheName()
    {
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:INVLag0", "NIXLCOMM:SEND"));
        peer.ReceiveFrame();

        _target.Invalidated.Should().Equal("ag0");
    }

    [Test]
    public void Invalidate_OfNoValidName_IsNotHandedOver()
    {
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:INVL", "NIXLCOMM:INVL", new byte[] { 0xff }, "NIXLCOMM:INVL", new string('a', 5000), "NIXLCOMM:SEND"));
        peer.ReceiveFrame();

        _target.Invalidated.Should().BeEmpty();
        _logger.Lines.Count(line => line.Contains("InvalidParam", StringComparison.Ordinal)).Should().Be(3);
    }

    [Test]
    public void Frames_WrittenByteByByte_AreReassembled()
    {
        using var peer = Connect();

        foreach (var value in RawPeer.Frame("NIXLCOMM:LOAD", MetadataSamples.OneRegionBytes).Concat(RawPeer.Frame("NIXLCOMM:SEND")))
        {
            peer.Send([value]);
        }

        peer.ReceiveFrame();
        _target.Loaded.Should().ContainSingle().Which.Should().Equal(MetadataSamples.OneRegionBytes);
    }

    [Test]
    public void UnknownCommand_IsLoggedAndTheConnectionGoesOn()
    {
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:WHAT\n?", "NIXLCOMM:ab", "NIXLCOMM:SEND"));

        peer.ReceiveFrame().Should().NotBeEmpty();
        _logger.Lines.Should().Contain(line => line.Contains("'WHAT.?'", StringComparison.Ordinal));
    }

    [Test]
    public void UnknownCommands_InALoop_DoNotFillTheLog()
    {
        using var peer = Connect();

        for (var i = 0; i < 200; i++)
        {
            peer.Send(RawPeer.Frame("NIXLCOMM:WHAT"));
        }

        peer.Send(RawPeer.Frame("NIXLCOMM:SEND"));
        peer.ReceiveFrame();

        _logger.Lines.Count(line => line.Contains("WHAT", StringComparison.Ordinal)).Should().BeInRange(1, 20);
    }

    [TestCase(1ul << 63)]
    [TestCase(ulong.MaxValue)]
    [TestCase((64ul << 20) + 1)]
    public void LengthOverTheLimit_ClosesBeforeAnythingIsAllocated(ulong length)
    {
        using var peer = Connect();

        peer.SendLength(length);

        peer.IsClosedByPeer().Should().BeTrue();
        Eventually.Holds(() => _logger.Lines.Any(line => line.Contains($"{length} bytes", StringComparison.Ordinal)), "the length is logged");
    }

    [Test]
    public void LengthWithoutBody_ClosesAfterItsTime()
    {
        using var peer = Connect(new DirectListenerOptions { BodyTimeout = Short });

        peer.SendLength(100);
        peer.Send("NIXL"u8.ToArray());

        peer.IsClosedByPeer().Should().BeTrue();
        Eventually.Holds(() => _logger.Lines.Any(line => line.Contains("did not arrive", StringComparison.Ordinal)), "the reason is logged");
    }

    [Test]
    public void HalfALength_ClosesAfterItsTime()
    {
        using var peer = Connect(new DirectListenerOptions { BodyTimeout = Short });

        peer.Send([1, 0, 0]);

        peer.IsClosedByPeer().Should().BeTrue();
    }

    [Test]
    public void Silence_BeforeTheFirstFrame_ClosesAfterItsTime()
    {
        using var peer = Connect(new DirectListenerOptions { FirstFrameTimeout = Short });

        peer.IsClosedByPeer().Should().BeTrue();
        Eventually.Holds(() => _logger.Lines.Any(line => line.Contains("sent nothing", StringComparison.Ordinal)), "the reason is logged");
    }

    [Test]
    public void Silence_AfterAFrame_IsAllowed()
    {
        using var spoken = Connect(new DirectListenerOptions { FirstFrameTimeout = Short, BodyTimeout = Short });
        spoken.Send(RawPeer.Frame("NIXLCOMM:SEND"));
        spoken.ReceiveFrame();
        using var silent = RawPeer.Connect(_listener!.BoundEndPoint);

        // The later connection runs into its deadline; the earlier one, idle for as long, must not.
        silent.IsClosedByPeer().Should().BeTrue();
        spoken.Send(RawPeer.Frame("NIXLCOMM:SEND"));

        spoken.ReceiveFrame().Should().NotBeEmpty();
    }

    [Test]
    public void Garbage_IsClosedWithALogThatShowsIt()
    {
        using var web = Connect();
        using var other = RawPeer.Connect(_listener!.BoundEndPoint);
        using var empty = RawPeer.Connect(_listener.BoundEndPoint);

        web.Send(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"));
        other.Send(RawPeer.Frame("hello\u001b[2J"));
        empty.SendLength(0);

        new[] { web, other, empty }.Should().OnlyContain(peer => peer.IsClosedByPeer());
        Eventually.Holds(() => _logger.Lines.Any(line => line.Contains("'hello.[2J'", StringComparison.Ordinal)), "control characters are not logged");
    }

    [Test]
    public void TooManyCommandsInOneFrame_AreNotAllAnswered()
    {
        using var peer = Connect(new DirectListenerOptions { CommandsPerFrameMax = 2 });

        peer.Send(RawPeer.Frame(Enumerable.Repeat<object>("NIXLCOMM:SEND", 3).ToArray()));
        peer.ReceiveFrame();
        peer.ReceiveFrame();

        peer.IsClosedByPeer().Should().BeTrue();
    }

    [Test]
    public void Connections_OverTheLimit_AreClosedAndTheOthersServed()
    {
        const int limit = 8;
        Start(new DirectListenerOptions { ConnectionsMax = limit });
        var peers = new RawPeer[100];
        try
        {
            Parallel.For(0, peers.Length, i => peers[i] = RawPeer.Connect(_listener!.BoundEndPoint));
            var served = peers.Count(IsServed);

            served.Should().Be(limit);
            _listener!.ConnectionCount.Should().Be(limit);
        }
        finally
        {
            Array.ForEach(peers, peer => peer?.Dispose());
        }

        Eventually.Holds(() => _listener.ConnectionCount == 0, "closed connections give their places back");
        using var later = RawPeer.Connect(_listener.BoundEndPoint);
        IsServed(later).Should().BeTrue();
    }

    [Test]
    public void UnfinishedFrames_AreBoundedTogether()
    {
        using var holder = Connect(new DirectListenerOptions { BufferedBytesMax = 100 << 10 });
        using var second = RawPeer.Connect(_listener!.BoundEndPoint);

        // Each announcement takes 64 KiB; whichever comes later finds too little left.
        holder.SendLength(90 << 10);
        second.SendLength(90 << 10);

        Eventually.Holds(() => _logger.Lines.Any(line => line.Contains("together", StringComparison.Ordinal)), "one of them is refused");
    }

    [Test]
    public void BigBlob_TravelsBothWays()
    {
        var big = new byte[8 << 20];
        new Random(1).NextBytes(big);
        _target.Exported = big;
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:LOAD", big, "NIXLCOMM:SEND"));
        var reply = peer.ReceiveFrame();

        reply.AsSpan(13).SequenceEqual(big).Should().BeTrue();
        _target.Loaded.Should().ContainSingle().Which.AsSpan().SequenceEqual(big).Should().BeTrue();
    }

    [Test]
    public void Export_ThatTheReaderWouldCut_IsAnsweredEmpty()
    {
        _target.Exported = "xxNIXLCOMM:yy"u8.ToArray();
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:SEND"));

        peer.ReceiveFrame().Should().Equal("NIXLCOMM:LOAD"u8.ToArray());
    }

    [Test]
    public void Target_ThatThrowsOrFails_DoesNotEndTheConnection()
    {
        _target.OnLoad = () => _target.Loaded.Count == 1 ? throw new InvalidOperationException("defect") : NixlStatus.Mismatch;
        using var peer = Connect();

        peer.Send(RawPeer.Frame("NIXLCOMM:LOADa", "NIXLCOMM:LOADb", "NIXLCOMM:SEND"));

        peer.ReceiveFrame().Should().NotBeEmpty();
        _logger.Lines.Should().Contain(line => line.Contains("threw", StringComparison.Ordinal))
            .And.Contain(line => line.Contains("Mismatch", StringComparison.Ordinal));
    }

    [Test]
    public void OrderlyClose_FreesTheConnectionWithoutALogLine()
    {
        using (var peer = Connect())
        {
            peer.Send(RawPeer.Frame("NIXLCOMM:SEND"));
            peer.ReceiveFrame();
        }

        Eventually.Holds(() => _listener!.ConnectionCount == 0, "the connection ended");
        _logger.Lines.Should().NotContain(line => line.Contains("closed", StringComparison.Ordinal));
    }

    private static bool IsServed(RawPeer peer)
    {
        try
        {
            peer.Send(RawPeer.Frame("NIXLCOMM:SEND"));
            return peer.ReceiveFrame().Length > 0;
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            return false;
        }
    }

    private void Start(DirectListenerOptions? options = null)
        => _listener = DirectMetadataListener.Start(new IPEndPoint(IPAddress.Loopback, 0), _target, options ?? new DirectListenerOptions(), _logger);

    private RawPeer Connect(DirectListenerOptions? options = null)
    {
        Start(options);
        return RawPeer.Connect(_listener!.BoundEndPoint);
    }
}
