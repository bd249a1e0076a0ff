using FluentAssertions;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The bytes of the protocol: as recorded, and damaged in every way.</summary>
public sealed class HandshakeBytesTests
{
    private const string RecordedInfo =
        "4E585348" + "0100" + "0100" + "0100" + "0900" + "E8030000" + "0000000000000000" + "0123456789ABCDEF0123456789ABCDEF"
        + "FCFFFFEF00000000" + "0010203040500000" + "000102030405060708090A0B0C0D0E0F" + "2F72756E2F6E2E73" + "6B";

    private const string RecordedHello =
        "4E585343" + "0100" + "0100" + "0100" + "0500" + "00000000" + "0000000000000000" + "0000000000000000" + "0000040000000000"
        + "000102030405060708090A0B0C0D0E0F" + "6167656E74";

    private const string RecordedWelcome =
        "4E585343" + "0200" + "0100" + "0100" + "0000" + "00000000" + "0000000000000000" + "0000000000000000" + "0000000000000000"
        + "000102030405060708090A0B0C0D0E0F";

    private const string RecordedObject =
        "4E585343" + "0500" + "0100" + "0100" + "0000" + "00000000" + "0000000000000000" + "0700000000000000" + "0000200000000000"
        + "00000000000000000000000000000000";

    private const string RecordedKey = "01" + "01" + "0000" + "05000000" + "0300000000000000" + "0700000000000000" + "0010000000000000" + "0000200000000000";

    private static readonly byte[] Proof = [.. Enumerable.Range(0, 16).Select(static i => (byte)i)];

    [Test]
    public void ConnectionInfo_OfVersion1_IsReadAndWrittenAsRecorded()
    {
        var bytes = Convert.FromHexString(RecordedInfo);

        ConnectionInfo.TryDecode(bytes, out var info).Should().BeTrue();

        (info!.VersionMin, info.VersionMax, info.User, info.SocketPath).Should().Be(((ushort)1, (ushort)1, 1000u, "/run/n.sk"));
        info.Proof.ToArray().Should().Equal(Proof);
        info.ProofAddress.Should().Be(0x5040302010_00);
        info.Encode().Should().Equal(bytes);
    }

    [Test]
    public void ConnectionInfo_WithMoreBehindIt_IsReadAsALaterLayoutWouldBe()
        => ConnectionInfo.TryDecode([.. Convert.FromHexString(RecordedInfo), 1, 2, 3], out _).Should().BeTrue();

    [Test]
    public void ConnectionInfo_CutAnywhere_IsRefused()
    {
        var bytes = Convert.FromHexString(RecordedInfo);
        for (var length = 0; length < bytes.Length; length++)
        {
            ConnectionInfo.TryDecode(bytes.AsSpan(0, length), out _).Should().BeFalse("it was cut after {0} bytes", length);
        }
    }

    [TestCase(0, (byte)0, TestName = "ConnectionInfo_WithAnotherBeginning_IsRefused")]
    [TestCase(4, (byte)0, TestName = "ConnectionInfo_OfLayout0_IsRefused")]
    [TestCase(10, (byte)200, TestName = "ConnectionInfo_WithAPathBeyondItsEnd_IsRefused")]
    [TestCase(10, (byte)0, TestName = "ConnectionInfo_WithoutAPath_IsRefused")]
    [TestCase(72, (byte)'x', TestName = "ConnectionInfo_WithARelativePath_IsRefused")]
    [TestCase(73, (byte)0, TestName = "ConnectionInfo_WithAZeroInThePath_IsRefused")]
    public void ConnectionInfo_WithAWrongByte_IsRefused(int place, byte value)
    {
        var bytes = Convert.FromHexString(RecordedInfo);
        bytes[place] = value;

        ConnectionInfo.TryDecode(bytes, out _).Should().BeFalse();
    }

    [Test]
    public void Hello_OfVersion1_IsReadAndWrittenAsRecorded()
    {
        var bytes = Convert.FromHexString(RecordedHello);

        ControlMessage.TryDecode(bytes, out var message).Should().BeTrue();

        (message!.Kind, message.Text, message.Size, message.Version).Should().Be((ControlKind.Hello, "agent", 256ul << 10, (ushort)1));
        var written = new byte[ControlMessage.BytesMax];
        written.AsSpan(0, message.Encode(written)).SequenceEqual(bytes).Should().BeTrue();
    }

    [Test]
    public void Answers_OfVersion1_AreWrittenAsRecorded()
    {
        Encode(new ControlMessage(ControlKind.Welcome) { Proof = Proof }).Should().Be(RecordedWelcome);
        Encode(new ControlMessage(ControlKind.Object) { Number = 7, Size = 2 << 20 }).Should().Be(RecordedObject);
    }

    [Test]
    public void Key_OfLayout1_IsReadAndWrittenAsRecorded()
    {
        PublicDataLayout.TryRead(Convert.FromHexString(RecordedKey), 4096, out var data).Should().BeTrue();

        data.Should().Be(new PublicDataLayout(5, 3, 7, 4096, 2 << 20, IsReadOnly: true));
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        data.Write(writer);
        Convert.ToHexString(writer.WrittenSpan).Should().Be(RecordedKey);
    }

    [Test]
    public void Message_CutAnywhere_IsRefused()
    {
        var bytes = Convert.FromHexString(RecordedHello);
        for (var length = 0; length < bytes.Length; length++)
        {
            ControlMessage.TryDecode(bytes.AsSpan(0, length), out _).Should().BeFalse("it was cut after {0} bytes", length);
        }
    }

    [Test]
    public void Messages_OfRandomBytes_AreRefused()
    {
        var random = new Random(17);
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = new byte[random.Next(0, 2000)];
            random.NextBytes(bytes);
            ControlMessage.TryDecode(bytes, out _).Should().BeFalse();
            ConnectionInfo.TryDecode(bytes, out _).Should().BeFalse();
            PublicDataLayout.TryRead(bytes, 1, out _).Should().BeFalse();
        }
    }

    private static string Encode(ControlMessage message)
    {
        var bytes = new byte[ControlMessage.BytesMax];
        return Convert.ToHexString(bytes.AsSpan(0, message.Encode(bytes)));
    }

    [TestCase((ushort)1, (ushort)1, true)]
    [TestCase((ushort)0, (ushort)1, true)]
    [TestCase((ushort)1, (ushort)9, true)]
    [TestCase((ushort)2, (ushort)9, false)]
    [TestCase((ushort)0, (ushort)0, false)]
    [TestCase((ushort)1, (ushort)0, false)]
    public void Versions_AgreeOnOneThatBothSpeak(ushort min, ushort max, bool expected)
        => Protocol.TryAgree(min, max, out _).Should().Be(expected);

    [TestCase(0ul, 100ul, 100ul, true)]
    [TestCase(1ul, 100ul, 100ul, false)]
    [TestCase(ulong.MaxValue - 10, 100ul, 20ul, false)]
    [TestCase(101ul, 100ul, 0ul, false)]
    [TestCase(0ul, ulong.MaxValue, 1ul, false)]
    public void PublicData_OfARangeOutsideItsObject_IsRefused(ulong offset, ulong objectBytes, ulong length, bool expected)
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        new PublicDataLayout(5, 1, 1, offset, objectBytes).Write(writer);

        PublicDataLayout.TryRead(writer.WrittenSpan, length, out _).Should().Be(expected);
    }
}
