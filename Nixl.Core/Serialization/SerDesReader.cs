using System.Buffers.Binary;
using System.Text;

namespace Nixl.Serialization;

/// <summary>Reads NIXL's SerDes container in place: nothing is copied, and no length is believed before it was compared with what is there.</summary>
/// <remarks>Each member names the tag that must come next. A member that returns false leaves <see cref="Offset"/> where it was and says why in
/// <see cref="Error"/>. Bytes after the last record that the caller reads are the caller's to judge. Never throws on any input.</remarks>
public ref struct SerDesReader
{
    private readonly ReadOnlySpan<byte> _blob;

    private SerDesReader(ReadOnlySpan<byte> blob) => _blob = blob;

    /// <summary>Byte offset in the blob of the next record.</summary>
    public int Offset { get; private set; }

    /// <summary>Bytes from <see cref="Offset"/> to the end of the blob.</summary>
    public readonly int Remaining => _blob.Length - Offset;

    /// <summary>Why the last member that returned false did so.</summary>
    public SerDesError Error { get; private set; }

    /// <summary>Begins to read; false when the magic is missing. The reader's <see cref="Error"/> is set then.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> blob, out SerDesReader reader)
    {
        reader = new SerDesReader(blob);
        if (!blob.StartsWith(SerDesFormat.Magic))
        {
            reader.Error = new SerDesError(SerDesFault.BadMagic, 0, "");
            return false;
        }

        reader.Offset = SerDesFormat.Magic.Length;
        return true;
    }

    /// <summary>Whether the bytes at <see cref="Offset"/> are <paramref name="tag"/>. An empty tag always is.</summary>
    public readonly bool IsNext(ReadOnlySpan<byte> tag) => _blob[Offset..].StartsWith(tag);

    /// <summary>The payload length in bytes of the next record, without moving.</summary>
    public bool TryPeekLength(ReadOnlySpan<byte> tag, out int length) => TryFind(tag, out _, out length);

    /// <summary>Reads the next record; <paramref name="payload"/> is a view of the blob.</summary>
    public bool TryReadBytes(ReadOnlySpan<byte> tag, out ReadOnlySpan<byte> payload)
    {
        if (!TryReadRange(tag, out var offset, out var length))
        {
            payload = default;
            return false;
        }

        payload = _blob.Slice(offset, length);
        return true;
    }

    /// <summary>Reads the next record and says where in the blob its payload lies, for callers that slice memory of their own.</summary>
    public bool TryReadRange(ReadOnlySpan<byte> tag, out int offset, out int length)
    {
        if (!TryFind(tag, out offset, out length))
        {
            return false;
        }

        Offset = offset + length + 1;
        return true;
    }

    /// <summary>Reads the next record as UTF-8 text; false when it is not valid.</summary>
    public bool TryReadString(ReadOnlySpan<byte> tag, out string text)
    {
        text = "";
        if (!TryFind(tag, out var offset, out var length))
        {
            return false;
        }

        try
        {
            text = SerDesFormat.StrictUtf8.GetString(_blob.Slice(offset, length));
        }
        catch (DecoderFallbackException)
        {
            return Fail(SerDesFault.InvalidText, tag, (ulong)length);
        }

        Offset = offset + length + 1;
        return true;
    }

    /// <summary>Reads the next record as an 8-byte integer; false when it has another length.</summary>
    public bool TryReadUInt64(ReadOnlySpan<byte> tag, out ulong value)
    {
        var read = TryReadFixed(tag, sizeof(ulong), out var payload);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(payload) : 0;
        return read;
    }

    /// <summary>Reads the next record as a 4-byte integer; false when it has another length.</summary>
    public bool TryReadUInt32(ReadOnlySpan<byte> tag, out uint value)
    {
        var read = TryReadFixed(tag, sizeof(uint), out var payload);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(payload) : 0;
        return read;
    }

    private bool TryReadFixed(ReadOnlySpan<byte> tag, int expected, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (!TryFind(tag, out var offset, out var length))
        {
            return false;
        }

        if (length != expected)
        {
            return Fail(SerDesFault.UnexpectedLength, tag, (ulong)length);
        }

        payload = _blob.Slice(offset, length);
        Offset = offset + length + 1;
        return true;
    }

    private bool TryFind(ReadOnlySpan<byte> tag, out int offset, out int length)
    {
        offset = length = 0;
        var rest = _blob[Offset..];
        var shared = Math.Min(rest.Length, tag.Length);
        if (!rest[..shared].SequenceEqual(tag[..shared]))
        {
            return Fail(SerDesFault.UnexpectedTag, tag);
        }

        if (rest.Length < tag.Length + SerDesFormat.LengthBytes)
        {
            return Fail(SerDesFault.Truncated, tag);
        }

        var stated = BinaryPrimitives.ReadUInt64LittleEndian(rest[tag.Length..]);
        var start = tag.Length + SerDesFormat.LengthBytes;
        if (stated >= (ulong)(rest.Length - start))
        {
            // "Greater or equal": one byte more than the payload is needed for the separator.
            return Fail(SerDesFault.LengthOutOfBounds, tag, stated);
        }

        offset = Offset + start;
        length = (int)stated;
        return true;
    }

    private bool Fail(SerDesFault fault, ReadOnlySpan<byte> tag, ulong length = 0)
    {
        Error = new SerDesError(fault, Offset, Encoding.ASCII.GetString(tag), length);
        return false;
    }
}
