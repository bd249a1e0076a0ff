using System.Net;
using System.Net.Sockets;
using System.Text;
using FluentAssertions;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Metadata.Direct;

[Parallelizable(ParallelScope.None)]
public sealed class DirectMetadataClientTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);
    private RecordingEndpoint _target = null!;
    private RecordingLogger _logger = null!;
    private DirectMetadataListener _listener = null!;
    private DirectMetadataClient _client = null!;

    [SetUp]
    public void SetUp()
    {
        (_target, _logger) = (new RecordingEndpoint(), new RecordingLogger());
        _listener = Listen(new IPEndPoint(IPAddress.Loopback, 0));
        _client = Client(new DirectClientOptions());
    }

    [TearDown]
    public async Task TearDown()
    {
        await _client.DisposeAsync();
        await _listener.DisposeAsync();
    }

    [Test]
    public async Task Requests_GoOverOneConnectionInOrder()
    {
        await _client.SendAsync(_listener.BoundEndPoint, MetadataSamples.OneRegionBytes, default);
        await _client.InvalidateAsync(_listener.BoundEndPoint, "ag0", default);
        var blob = await _client.FetchAsync(_listener.BoundEndPoint, default);

        blob.ToArray().Should().Equal(MetadataSamples.OneRegionBytes);
        _target.Loaded.Should().ContainSingle().Which.Should().Equal(MetadataSamples.OneRegionBytes);
        _target.Invalidated.Should().Equal("ag0");
        _listener.ConnectionCount.Should().Be(1);
    }

    [Test]
    public async Task Fetch_ManyAtOnce_EachGetsAnAnswer()
    {
        var fetched = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _client.FetchAsync(_listener.BoundEndPoint, default)));

        fetched.Should().OnlyContain(blob => blob.Length == MetadataSamples.OneRegionBytes.Length);
        _listener.ConnectionCount.Should().Be(1);
    }

    [Test]
    public async Task Fetch_BigBlob_IsWhole()
    {
        var big = new byte[8 << 20];
        new Random(2).NextBytes(big);
        _target.Exported = big;

        var fetched = await _client.FetchAsync(_listener.BoundEndPoint, default);
        await _client.SendAsync(_listener.BoundEndPoint, big, default);

        fetched.Span.SequenceEqual(big).Should().BeTrue();
        Eventually.Holds(() => _target.Loaded.Any(blob => blob.AsSpan().SequenceEqual(big)), "it arrives whole");
    }

    [Test]
    public async Task Fetch_ByName_ResolvesIt()
        => (await _client.FetchAsync(new DnsEndPoint("localhost", _listener.BoundEndPoint.Port), default)).Length.Should().Be(242);

    [Test]
    public async Task Request_AfterTheListenerRestarted_ConnectsAgain()
    {
        var endpoint = _listener.BoundEndPoint;
        await _client.FetchAsync(endpoint, default);
        await _listener.DisposeAsync();
        _listener = Listen(endpoint);

        (await _client.FetchAsync(endpoint, default)).Length.Should().Be(242);
    }

    [Test]
    public async Task Fetch_OnAKeptConnectionThatDiesUnanswered_IsRepeatedOnce()
    {
        await using var peer = new ScriptedListener(async (socket, number, stop) =>
        {
            await ScriptedListener.ReadRequestAsync(socket, stop);
            if (number is 1 or 2)
            {
                await socket.SendAsync(RawPeer.Frame("NIXLCOMM:LOADa"), stop);
                await ScriptedListener.ReadRequestAsync(socket, stop);
            }
        });
        await _client.FetchAsync(peer.EndPoint, default);

        var repeated = await _client.FetchAsync(peer.EndPoint, default);
        var third = () => _client.FetchAsync(peer.EndPoint, default);

        Encoding.ASCII.GetString(repeated.Span).Should().Be("a");
        (await third.Should().ThrowAsync<NixlException>()).Which.Status.Should().Be(NixlStatus.RemoteDisconnect, "the second connection died, and so did its replacement");
        peer.Accepted.Should().Be(3);
    }

    [Test]
    public async Task Fetch_NobodyListens_SaysSo()
    {
        var endpoint = _listener.BoundEndPoint;
        await _listener.DisposeAsync();

        var error = await FailAsync(_client, endpoint);

        (error.Status, error.NativeMessage).Should().Be((NixlStatus.BackendError, "ConnectionRefused"));
        error.Hint.Should().Contain("Start the peer");
    }

    [Test]
    public async Task Fetch_UnknownName_IsNotFound()
    {
        // A label of 64 characters cannot be asked for, so the resolver says no without asking anybody.
        var name = new string('a', 64) + ".invalid";

        var error = await FailAsync(_client, new DnsEndPoint(name, 1));

        error.Status.Should().Be(NixlStatus.NotFound);
        error.Message.Should().Contain($"{name}:1");
    }

    [Test]
    public async Task Fetch_FromOneThatSaysNothing_TimesOut()
    {
        await using var peer = new ScriptedListener((_, _, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var client = Client(new DirectClientOptions { ReplyTimeout = Short });

        var error = await FailAsync(client, peer.EndPoint);

        error.Status.Should().Be(NixlStatus.TimedOut);
        error.Detail.Should().Contain("did not answer");
    }

    [Test]
    public async Task Fetch_FromOneThatStopsWithinItsAnswer_TimesOut()
    {
        await using var peer = new ScriptedListener(async (socket, _, stop) =>
        {
            await socket.SendAsync(RawPeer.Frame("NIXLCOMM:LOADabc").AsMemory(0, 20), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using var client = Client(new DirectClientOptions { BodyTimeout = Short });

        (await FailAsync(client, peer.EndPoint)).Status.Should().Be(NixlStatus.TimedOut);
    }

    [Test]
    public async Task Fetch_FromOneThatAnswersGarbage_IsAMismatch([Values("HTTP/1.1 400 Bad Request\r\n\r\n", "short")] string garbage)
    {
        var answer = garbage == "short" ? RawPeer.Frame("hello") : Encoding.ASCII.GetBytes(garbage);
        await using var peer = new ScriptedListener(async (socket, _, stop) =>
        {
            await ScriptedListener.ReadRequestAsync(socket, stop);
            await socket.SendAsync(answer, stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        var error = await FailAsync(_client, peer.EndPoint);

        error.Status.Should().Be(NixlStatus.Mismatch);
        error.Detail.Should().Contain("does not speak");
    }

    [TestCase(1ul << 40, NixlStatus.Mismatch, Description = "beyond the protocol's own limit")]
    [TestCase(100ul << 20, NixlStatus.NotAllowed, Description = "beyond ours")]
    public async Task Fetch_OversizedAnswer_IsRefusedBeforeItArrives(ulong length, NixlStatus expected)
    {
        await using var peer = new ScriptedListener(async (socket, _, stop) =>
        {
            await socket.SendAsync(BitConverter.GetBytes(length), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        var error = await FailAsync(_client, peer.EndPoint);

        error.Status.Should().Be(expected);
        error.Detail.Should().Contain(length.ToString());
    }

    [Test]
    public async Task Fetch_FromOneThatCloses_IsARemoteDisconnect()
    {
        await using var peer = new ScriptedListener((socket, _, stop) => ScriptedListener.ReadRequestAsync(socket, stop));

        (await FailAsync(_client, peer.EndPoint)).Status.Should().Be(NixlStatus.RemoteDisconnect);
        peer.Accepted.Should().Be(1, "a fresh connection that dies is not tried again");
    }

    [Test]
    public async Task Fetch_FromAnAgentWithNothingToGive_IsNotFound()
    {
        _target.Exported = default;

        (await FailAsync(_client, _listener.BoundEndPoint)).Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public async Task Request_WhatTheReceiverWouldCutOrRefuse_IsNotSent()
    {
        await using var client = Client(new DirectClientOptions { FrameBytesMax = 1000 });
        Func<Task>[] refused =
        [
            () => client.SendAsync(_listener.BoundEndPoint, "aNIXLCOMM:INVLb"u8.ToArray(), default),
            () => client.SendAsync(_listener.BoundEndPoint, new byte[988], default),
            () => client.InvalidateAsync(_listener.BoundEndPoint, "", default),
        ];

        foreach (var request in refused)
        {
            (await request.Should().ThrowAsync<NixlException>()).Which.Status.Should().BeOneOf(NixlStatus.InvalidParam, NixlStatus.NotAllowed);
        }

        client.ConnectionCount.Should().Be(0);
    }

    [Test]
    public async Task Cancel_EndsTheRequestAndTheNextOneGetsItsOwnAnswer()
    {
        using var asked = new SemaphoreSlim(0);
        await using var peer = new ScriptedListener(async (socket, number, stop) =>
        {
            await ScriptedListener.ReadRequestAsync(socket, stop);
            asked.Release();
            if (number > 1)
            {
                await socket.SendAsync(RawPeer.Frame("NIXLCOMM:LOADsecond"), stop);
            }

            await ScriptedListener.ReadAsync(socket, 1, stop);
        });
        using var cancel = new CancellationTokenSource();
        var first = _client.FetchAsync(peer.EndPoint, cancel.Token);
        (await asked.WaitAsync(TimeSpan.FromSeconds(10))).Should().BeTrue();

        await cancel.CancelAsync();
        var waiting = () => first;
        await waiting.Should().ThrowAsync<OperationCanceledException>();
        var second = await _client.FetchAsync(peer.EndPoint, default);

        Encoding.ASCII.GetString(second.Span).Should().Be("second");
    }

    [Test]
    public async Task Dispose_EndsRunningRequestsAndRefusesNewOnes()
    {
        await using var peer = new ScriptedListener((_, _, stop) => Task.Delay(Timeout.Infinite, stop));
        var running = _client.FetchAsync(peer.EndPoint, default);
        Eventually.Holds(() => peer.Accepted == 1, "the request is on its way");

        await _client.DisposeAsync();

        var waiting = () => running;
        var later = () => _client.FetchAsync(peer.EndPoint, default);
        await waiting.Should().ThrowAsync<ObjectDisposedException>();
        await later.Should().ThrowAsync<ObjectDisposedException>();
    }

    [Test]
    public async Task Connections_OverTheLimit_CloseTheOneUnusedForLongest()
    {
        await using var client = Client(new DirectClientOptions { ConnectionsMax = 1 });
        await using var other = Listen(new IPEndPoint(IPAddress.Loopback, 0));

        for (var round = 0; round < 3; round++)
        {
            await client.FetchAsync(_listener.BoundEndPoint, default);
            await client.FetchAsync(other.BoundEndPoint, default);
        }

        client.ConnectionCount.Should().Be(1);
        Eventually.Holds(() => _listener.ConnectionCount == 0 && other.ConnectionCount == 1, "the earlier one is closed");
    }

    private static async Task<NixlException> FailAsync(DirectMetadataClient client, EndPoint endpoint)
    {
        var fetch = () => client.FetchAsync(endpoint, default);
        var error = (await fetch.Should().ThrowAsync<NixlException>()).Which;
        error.Operation.Should().Be("FetchMetadata");
        error.Peer.Should().NotBeNullOrEmpty();
        error.Hint.Should().NotBeNullOrEmpty();
        return error;
    }

    private DirectMetadataListener Listen(IPEndPoint endpoint) => DirectMetadataListener.Start(endpoint, _target, new DirectListenerOptions(), _logger);

    private DirectMetadataClient Client(DirectClientOptions options) => new(options, _logger);
}
