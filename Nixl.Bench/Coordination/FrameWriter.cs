using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Nixl.Bench.Coordination;

/// <summary>Makes a frame: four bytes of length, little endian as all numbers here, one byte of kind, the payload.</summary>
internal sealed class FrameWriter
{
    /// <summary>Bytes before the payload.</summary>
    internal const int HeadBytes = sizeof(int) + 1;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal FrameWriter(FrameKind kind)
    {
        _bytes.Write<byte>([0, 0, 0, 0, (byte)kind]);
    }

    internal FrameWriter Add(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    internal FrameWriter Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>Adds text, without its control characters and cut to <paramref name="max"/> bytes.</summary>
    internal FrameWriter Add(string text, int max)
    {
        var line = string.Concat(text.Select(static letter => char.IsControl(letter) ? ' ' : letter));
        var bytes = Encoding.UTF8.GetBytes(line);
        var length = Math.Min(bytes.Length, max);
        while (length < bytes.Length && (bytes[length] & 0xC0) == 0x80)
        {
            length--; // not in the middle of a letter
        }

        return Add(bytes.AsSpan(0, length));
    }

    internal byte[] ToArray()
    {
        var frame = _bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - sizeof(int));
        return frame;
    }
}
