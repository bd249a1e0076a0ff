using System.Buffers.Binary;

namespace Nixl.Backends.Ucx.Notifications;

/// <summary>The bytes of a UCX notification: NIXL's serializer blob with the records <c>name</c> and <c>msg</c>.</summary>
/// <remarks>A record is its tag, a 64-bit little-endian length, the payload and a closing bar. An empty payload is legal.</remarks>
internal static class NotificationCodec
{
    private static ReadOnlySpan<byte> Magic => "nixlSerDes|"u8;

    private static ReadOnlySpan<byte> NameTag => "name"u8;

    private static ReadOnlySpan<byte> MessageTag => "msg"u8;

    private const byte Bar = (byte)'|';

    /// <summary>The bytes around the two payloads.</summary>
    private static int Overhead => Magic.Length + NameTag.Length + MessageTag.Length + (2 * (sizeof(ulong) + 1));

    /// <summary>The encoded length.</summary>
    internal static int Measure(int nameLength, int messageLength) => checked(Overhead + nameLength + messageLength);

    /// <summary>Writes a notification into exactly <see cref="Measure"/> bytes.</summary>
    internal static void Write(Span<byte> destination, ReadOnlySpan<byte> name, ReadOnlySpan<byte> message)
    {
        Magic.CopyTo(destination);
        var rest = WriteRecord(destination[Magic.Length..], NameTag, name);
        WriteRecord(rest, MessageTag, message);
    }

    /// <summary>Reads what a peer sent. Trailing bytes are tolerated, as upstream does; everything before them must fit exactly.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> source, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> message, out string reason)
    {
        name = default;
        message = default;
        reason = "it does not begin as a NIXL message";
        if (!source.StartsWith(Magic))
        {
            return false;
        }

        reason = "its sender's name is missing or cut";
        var rest = source[Magic.Length..];
        if (!TryReadRecord(ref rest, NameTag, out name) || name.IsEmpty)
        {
            return false;
        }

        reason = "its text is missing or cut";
        return TryReadRecord(ref rest, MessageTag, out message);
    }

    private static Span<byte> WriteRecord(Span<byte> destination, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> payload)
    {
        tag.CopyTo(destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[tag.Length..], (ulong)payload.Length);
        var body = destination[(tag.Length + sizeof(ulong))..];
        payload.CopyTo(body);
        body[payload.Length] = Bar;
        return body[(payload.Length + 1)..];
    }

    private static bool TryReadRecord(scoped ref ReadOnlySpan<byte> source, scoped ReadOnlySpan<byte> tag, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        var head = tag.Length + sizeof(ulong);
        if (source.Length <= head || !source.StartsWith(tag))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(source[tag.Length..]);
        var body = source[head..];
        if (length >= (ulong)body.Length || body[(int)length] != Bar)
        {
            return false;
        }

        payload = body[..(int)length];
        source = body[((int)length + 1)..];
        return true;
    }
}
