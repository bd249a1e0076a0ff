using System.Buffers;
using System.Buffers.Binary;

namespace Nixl.Serialization;

/// <summary>Writes NIXL's SerDes container: the format of metadata blobs, of notifications and of what engines nest inside them.</summary>
/// <remarks>Writes straight into the caller's buffer writer and keeps no state of its own, so a copy of it continues the same blob. Allocates nothing.
/// Records are read back in the order in which they were written; the reader must know that order.</remarks>
public readonly ref struct SerDesWriter
{
    private const int SmallBytesMax = 1024;

    private readonly IBufferWriter<byte> _output;

    private SerDesWriter(IBufferWriter<byte> output) => _output = output;

    /// <summary>Begins a blob: writes the magic to <paramref name="output"/>.</summary>
    public static SerDesWriter Begin(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write(SerDesFormat.Magic);
        return new SerDesWriter(output);
    }

    /// <summary>Goes on with a blob whose beginning is in <paramref name="output"/>.</summary>
    internal static SerDesWriter Continue(IBufferWriter<byte> output) => new(output);

    /// <summary>Appends one record. An empty tag and an empty payload are both legal.</summary>
    public void WriteBytes(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> payload) => WriteBytes(tag, payload, default);

    /// <summary>Appends one record whose payload is <paramref name="head"/> followed by <paramref name="tail"/>.</summary>
    public void WriteBytes(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        if (tag.Length + (long)head.Length + tail.Length <= SmallBytesMax)
        {
            WriteSmall(tag, head, tail);
            return;
        }

        WriteHeader(tag, (ulong)head.Length + (ulong)tail.Length);
        _output.Write(head);
        _output.Write(tail);
        WriteSeparator();
    }

    /// <summary>Appends one record holding <paramref name="text"/> as UTF-8.</summary>
    /// <exception cref="System.Text.EncoderFallbackException">The text holds half of a surrogate pair, which has no UTF-8 form.</exception>
    public void WriteString(ReadOnlySpan<byte> tag, ReadOnlySpan<char> text)
    {
        var length = SerDesFormat.StrictUtf8.GetByteCount(text);
        WriteHeader(tag, (ulong)length);
        _output.Advance(SerDesFormat.StrictUtf8.GetBytes(text, _output.GetSpan(length)));
        WriteSeparator();
    }

    /// <summary>Appends one record holding an 8-byte integer.</summary>
    public void WriteUInt64(ReadOnlySpan<byte> tag, ulong value)
    {
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, value);
        WriteBytes(tag, payload);
    }

    /// <summary>Appends one record holding a 4-byte integer.</summary>
    public void WriteUInt32(ReadOnlySpan<byte> tag, uint value)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, value);
        WriteBytes(tag, payload);
    }

    /// <summary>A record in one piece.</summary>
    private void WriteSmall(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
        => _output.Advance(PutRecord(_output.GetSpan(tag.Length + head.Length + tail.Length + SerDesFormat.OverheadBytes), tag, head, tail));

    /// <summary>Writes one record to the beginning of <paramref name="destination"/>, which has room for it.</summary>
    /// <returns>How many bytes it takes.</returns>
    internal static int PutRecord(Span<byte> destination, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        var size = tag.Length + head.Length + tail.Length + SerDesFormat.OverheadBytes;
        destination = destination[..size];
        tag.CopyTo(destination);
        var rest = destination[tag.Length..];
        BinaryPrimitives.WriteUInt64LittleEndian(rest, (ulong)(head.Length + tail.Length));
        rest = rest[SerDesFormat.LengthBytes..];
        head.CopyTo(rest);
        tail.CopyTo(rest[head.Length..]);
        destination[^1] = SerDesFormat.Separator;
        return size;
    }

    private void WriteHeader(ReadOnlySpan<byte> tag, ulong length)
    {
        var size = tag.Length + SerDesFormat.LengthBytes;
        var span = _output.GetSpan(size);
        tag.CopyTo(span);
        BinaryPrimitives.WriteUInt64LittleEndian(span[tag.Length..], length);
        _output.Advance(size);
    }

    private void WriteSeparator()
    {
        _output.GetSpan(1)[0] = SerDesFormat.Separator;
        _output.Advance(1);
    }
}
