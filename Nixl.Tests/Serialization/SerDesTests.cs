using System.Buffers;
using FluentAssertions;
using Nixl.Serialization;
using NUnit.Framework;

namespace Nixl.Tests.Serialization;

public sealed class SerDesTests
{
    // The 41 bytes of a notification: agent "ag0" says "hi".
    private static readonly byte[] NotificationBytes = Convert.FromHexString(
        "6e69786c5365724465737c6e616d6503000000000000006167307c6d7367020000000000000068697c");

    [Test]
    public void Writer_GivesUpstreamsBytes()
    {
        var output = new ArrayBufferWriter<byte>();

        var writer = SerDesWriter.Begin(output);
        writer.WriteString("name"u8, "ag0");
        writer.WriteBytes("msg"u8, "h"u8, "i"u8);

        output.WrittenSpan.ToArray().Should().Equal(NotificationBytes).And.HaveCount(41);
    }

    [Test]
    public void Reader_ReadsBackEveryKindOfRecord()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = SerDesWriter.Begin(output);
        writer.WriteUInt64("a"u8, ulong.MaxValue - 1);
        writer.WriteUInt32(""u8, 0xdeadbeef);
        writer.WriteString("s"u8, "Grüße|\0");
        writer.WriteBytes("empty"u8, default);

        SerDesReader.TryCreate(output.WrittenSpan, out var reader).Should().BeTrue();
        reader.TryReadUInt64("a"u8, out var wide).Should().BeTrue();
        reader.TryReadUInt32(""u8, out var narrow).Should().BeTrue();
        reader.TryReadString("s"u8, out var text).Should().BeTrue();
        reader.TryPeekLength("empty"u8, out var length).Should().BeTrue();
        reader.TryReadBytes("empty"u8, out var empty).Should().BeTrue();

        (wide, narrow, text, length, empty.Length, reader.Remaining).Should().Be((ulong.MaxValue - 1, 0xdeadbeefu, "Grüße|\0", 0, 0, 0));
    }

    [Test]
    public void Reader_AnotherSeparator_IsAcceptedAsUpstreamDoes()
    {
        var bytes = NotificationBytes.ToArray();
        bytes[^1] = 0;
        SerDesReader.TryCreate(bytes, out var reader).Should().BeTrue();

        reader.TryReadBytes("name"u8, out _).Should().BeTrue();
        reader.TryReadBytes("msg"u8, out _).Should().BeTrue();
    }

    [TestCase(0, SerDesFault.BadMagic, 0)]
    [TestCase(10, SerDesFault.BadMagic, 0)]
    [TestCase(11, SerDesFault.Truncated, 11)]
    [TestCase(14, SerDesFault.Truncated, 11)]
    [TestCase(22, SerDesFault.Truncated, 11)]
    [TestCase(23, SerDesFault.LengthOutOfBounds, 11)]
    [TestCase(26, SerDesFault.LengthOutOfBounds, 11, Description = "only the separator is missing")]
    [TestCase(27, SerDesFault.Truncated, 27)]
    [TestCase(40, SerDesFault.LengthOutOfBounds, 27)]
    public void Reader_Truncated_SaysWhere(int length, SerDesFault fault, int offset)
    {
        var error = ReadNotification(NotificationBytes.AsSpan(0, length));

        (error.Fault, error.Offset).Should().Be((fault, offset));
    }

    [Test]
    public void Reader_AnotherTag_StaysWhereItIs()
    {
        SerDesReader.TryCreate(NotificationBytes, out var reader).Should().BeTrue();

        reader.TryReadBytes("msg"u8, out _).Should().BeFalse();

        reader.Error.Should().Be(new SerDesError(SerDesFault.UnexpectedTag, 11, "msg"));
        reader.Error.ToString().Should().Contain("'msg'").And.Contain("11");
        reader.TryReadString("name"u8, out var name).Should().BeTrue();
        name.Should().Be("ag0");
    }

    [Test]
    public void Reader_WrongLengthOrText_StaysWhereItIs()
    {
        var bytes = NotificationBytes.ToArray();
        bytes[23] = 0xff;
        SerDesReader.TryCreate(bytes, out var reader).Should().BeTrue();

        reader.TryReadUInt64("name"u8, out _).Should().BeFalse();
        reader.Error.Should().Be(new SerDesError(SerDesFault.UnexpectedLength, 11, "name", 3));
        reader.TryReadString("name"u8, out _).Should().BeFalse();
        reader.Error.Fault.Should().Be(SerDesFault.InvalidText);
        reader.Offset.Should().Be(11);
    }

    [TestCase(1ul << 31)]
    [TestCase(1ul << 63)]
    [TestCase(ulong.MaxValue)]
    [TestCase(ulong.MaxValue - 22)]
    public void Reader_AnyLength_IsComparedWithoutOverflow(ulong length)
    {
        var bytes = NotificationBytes.ToArray();
        BitConverter.TryWriteBytes(bytes.AsSpan(15), length);

        ReadNotification(bytes).Should().Be(new SerDesError(SerDesFault.LengthOutOfBounds, 11, "name", length));
    }

    [Test]
    public void WriteAndRead_AllocateNothing()
    {
        var output = new ArrayBufferWriter<byte>(256);
        RoundTrip(output);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            RoundTrip(output);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    private static void RoundTrip(ArrayBufferWriter<byte> output)
    {
        output.ResetWrittenCount();
        var writer = SerDesWriter.Begin(output);
        writer.WriteString("name"u8, "ag0");
        writer.WriteBytes("msg"u8, "hi"u8);
        SerDesReader.TryCreate(output.WrittenSpan, out var reader);
        reader.TryReadBytes("name"u8, out _);
        reader.TryReadBytes("msg"u8, out _);
    }

    private static SerDesError ReadNotification(ReadOnlySpan<byte> bytes)
    {
        if (SerDesReader.TryCreate(bytes, out var reader) && reader.TryReadBytes("name"u8, out _))
        {
            reader.TryReadBytes("msg"u8, out _);
        }

        return reader.Error;
    }
}
