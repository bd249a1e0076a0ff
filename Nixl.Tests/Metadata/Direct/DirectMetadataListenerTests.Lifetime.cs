using System.Net;
using System.Net.Sockets;
using System.Text;
using FluentAssertions;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Metadata.Direct;

/// <content>Starting, stopping, and address families.</content>
public sealed partial class DirectMetadataListenerTests
{
    [Test]
    public async Task Dispose_EndsConnectionsAndFreesThePort()
    {
        using var idle = Connect();
        idle.Send(RawPeer.Frame("NIXLCOMM:SEND"));
        idle.ReceiveFrame();
        using var half = RawPeer.Connect(_listener!.BoundEndPoint);
        half.Send([1, 2, 3]);
        var endpoint = _listener.BoundEndPoint;

        await _listener.DisposeAsync();
        await _listener.DisposeAsync();

        idle.IsClosedByPeer().Should().BeTrue();
        half.IsClosedByPeer().Should().BeTrue();
        _listener = DirectMetadataListener.Start(endpoint, _target, new DirectListenerOptions(), _logger);
        _listener.BoundEndPoint.Should().Be(endpoint);
    }

    [Test]
    public async Task Dispose_DoesNotWaitForEverForACommand()
    {
        using var release = new ManualResetEventSlim();
        _target.OnLoad = () => release.Wait(TimeSpan.FromSeconds(30)) ? NixlStatus.Success : NixlStatus.Unknown;
        using var peer = Connect(new DirectListenerOptions { ShutdownTimeout = Short });
        peer.Send(RawPeer.Frame("NIXLCOMM:LOADa"));
        Eventually.Holds(() => !_target.Loaded.IsEmpty, "the command runs");

        await _listener!.DisposeAsync();
        release.Set();

        _logger.Lines.Should().Contain(line => line.Contains("could not end all connections", StringComparison.Ordinal));
        peer.IsClosedByPeer().Should().BeTrue();
    }

    [Test]
    public void Start_OnAPortInUse_SaysWhatToDo()
    {
        Start();

        var second = () => DirectMetadataListener.Start(_listener!.BoundEndPoint, _target, new DirectListenerOptions(), _logger);

        var error = second.Should().Throw<NixlException>().Which;
        (error.Status, error.Operation).Should().Be((NixlStatus.NotAllowed, "Listen"));
        error.Message.Should().Contain(_listener!.BoundEndPoint.Port.ToString()).And.Contain("port 0");
        error.NativeCode.Should().NotBe(0);
    }

    [Test]
    public void Start_OnAForeignAddress_IsRefused()
    {
        // 192.0.2.0/24 is reserved for documentation; no host has such an address, and nothing is sent to it.
        var start = () => DirectMetadataListener.Start(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), _target, new DirectListenerOptions(), _logger);

        start.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.BackendError);
    }

    [Test]
    public void DualMode_ServesBothFamiliesAndReportsPlainSources()
    {
        RequireIPv6();
        _listener = DirectMetadataListener.Start(new IPEndPoint(IPAddress.IPv6Any, 0), _target, new DirectListenerOptions(), _logger);
        var port = _listener.BoundEndPoint.Port;

        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using var peer = RawPeer.Connect(new IPEndPoint(address, port));
            peer.Send(RawPeer.Frame("NIXLCOMM:LOADa", "NIXLCOMM:SEND"));
            peer.ReceiveFrame();
        }

        _target.Sources.Should().Equal(IPAddress.Loopback, IPAddress.IPv6Loopback);
    }

    [Test]
    public void SingleMode_OnIPv6_DoesNotServeIPv4()
    {
        RequireIPv6();
        _listener = DirectMetadataListener.Start(new IPEndPoint(IPAddress.IPv6Any, 0), _target, new DirectListenerOptions { DualMode = false }, _logger);

        var connect = () => RawPeer.Connect(new IPEndPoint(IPAddress.Loopback, _listener.BoundEndPoint.Port));

        connect.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
    }

    private static void RequireIPv6()
    {
        if (!Socket.OSSupportsIPv6)
        {
            Assert.Ignore("This machine has no IPv6.");
        }
    }
}
