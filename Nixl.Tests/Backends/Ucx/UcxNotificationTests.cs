using System.Text;
using FluentAssertions;
using Nixl.Backends.Ucx.Notifications;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

public sealed class UcxNotificationTests
{
    [TestCase("tcp")]
    [TestCase("posix,cma,self")]
    public void Messages_ArriveInOrder(string transports)
    {
        using var client = new UcxPeer("client", transports);
        using var server = new UcxPeer("server", transports);
        client.Load(server);
        for (var i = 0; i < 200; i++)
        {
            client.Engine.GenNotif("server", Encoding.UTF8.GetBytes($"message {i}"), out _).Should().Be(NixlStatus.Success);
        }

        UcxPeer.Until(() => server.Received.Count == 200, client, server).Should().BeTrue();

        server.Received.Select(received => Encoding.UTF8.GetString(received.Payload)).Should().Equal(Enumerable.Range(0, 200).Select(i => $"message {i}"));
        server.Received.Should().OnlyContain(received => received.Sender == "client");
    }

    [TestCase(0)]
    [TestCase(UcxNotifications.BytesMax)]
    public void Message_ToOneself_Arrives(int length)
    {
        using var peer = new UcxPeer("alone", "tcp");

        peer.Engine.GenNotif("alone", new byte[length], out _).Should().Be(NixlStatus.Success);
        UcxPeer.Until(() => peer.Received.Count == 1, peer).Should().BeTrue();

        peer.Received[0].Sender.Should().Be("alone");
        peer.Received[0].Payload.Should().HaveCount(length);
    }

    [Test]
    public void Message_ThatIsTooLong_IsRefused()
    {
        using var peer = new UcxPeer("alone", "tcp");

        peer.Engine.GenNotif("alone", new byte[UcxNotifications.BytesMax + 1], out var fault).Should().Be(NixlStatus.InvalidParam);

        fault.Hint.Should().NotBeNull();
    }

    [Test]
    public void Message_ToAStranger_IsNotFound()
    {
        using var peer = new UcxPeer("alone", "tcp");

        peer.Engine.GenNotif("nobody", [], out _).Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public void Codec_WritesWhatNixlWrites()
    {
        var bytes = new byte[NotificationCodec.Measure(2, 3)];

        NotificationCodec.Write(bytes, "ag"u8, "hey"u8);

        bytes.Should().Equal([.. "nixlSerDes|name"u8, 2, 0, 0, 0, 0, 0, 0, 0, .. "ag|msg"u8, 3, 0, 0, 0, 0, 0, 0, 0, .. "hey|"u8]);
    }

    [Test]
    public void Codec_RefusesEveryCut()
    {
        var bytes = new byte[NotificationCodec.Measure(2, 3)];
        NotificationCodec.Write(bytes, "ag"u8, "hey"u8);

        for (var length = 0; length < bytes.Length; length++)
        {
            NotificationCodec.TryRead(bytes.AsSpan(0, length), out _, out _, out _).Should().BeFalse();
        }

        NotificationCodec.TryRead(bytes, out var name, out var message, out _).Should().BeTrue();
        name.SequenceEqual("ag"u8).Should().BeTrue();
        message.SequenceEqual("hey"u8).Should().BeTrue();
    }

    [TestCase(ulong.MaxValue)]
    [TestCase(1ul << 63)]
    [TestCase(4ul)]
    public void Codec_RefusesALengthThatLies(ulong length)
    {
        var bytes = new byte[NotificationCodec.Measure(2, 3)];
        NotificationCodec.Write(bytes, "ag"u8, "hey"u8);
        BitConverter.TryWriteBytes(bytes.AsSpan(15), length);

        NotificationCodec.TryRead(bytes, out _, out _, out _).Should().BeFalse();
    }
}
