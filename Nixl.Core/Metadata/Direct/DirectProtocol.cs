using System.Buffers.Binary;
using System.Text;

namespace Nixl.Metadata;

/// <summary>The words of NIXL's direct metadata exchange: frames of a u64 length and a body, the body one or more commands, each a prefix, four letters
/// and an argument that reaches to the next prefix.</summary>
internal static class DirectProtocol
{
    /// <summary>Bytes of a frame's length.</summary>
    internal const int HeaderBytes = sizeof(ulong);

    /// <summary>NIXL's own largest frame; whoever announces more does not speak the protocol.</summary>
    internal const ulong ProtocolFrameBytesMax = 1 << 30;

    /// <summary>Bytes of a command's letters.</summary>
    internal const int WordBytes = 4;

    /// <summary>Bytes of a frame before its first command's argument.</summary>
    internal static readonly int PreambleBytes = HeaderBytes + Prefix.Length + WordBytes;

    /// <summary>What every command begins with.</summary>
    internal static ReadOnlySpan<byte> Prefix => "NIXLCOMM:"u8;

    /// <summary>The argument is metadata to load.</summary>
    internal static ReadOnlySpan<byte> Load => "LOAD"u8;

    /// <summary>Asks for the receiver's metadata, answered by <see cref="Load"/> on the same connection.</summary>
    internal static ReadOnlySpan<byte> Send => "SEND"u8;

    /// <summary>The argument is the name of an agent to forget.</summary>
    internal static ReadOnlySpan<byte> Invalidate => "INVL"u8;

    /// <summary>The argument is a heartbeat message, which only agents of this implementation send, to those that announced it.</summary>
    internal static ReadOnlySpan<byte> Beat => "BEAT"u8;

    /// <summary>The argument is a message of the proof of a key, which comes before everything else where a listener wants one.</summary>
    internal static ReadOnlySpan<byte> Authenticate => "AUTH"u8;

    /// <summary>Whether <paramref name="argument"/> would be cut by the receiver.</summary>
    internal static bool WouldBeCut(ReadOnlySpan<byte> argument) => argument.IndexOf(Prefix) >= 0;

    /// <summary>The bytes of a frame that holds one command, up to the command's argument.</summary>
    internal static byte[] Preamble(ReadOnlySpan<byte> word, int argumentBytes)
    {
        var bytes = new byte[PreambleBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(PreambleBytes - HeaderBytes) + (ulong)argumentBytes);
        Prefix.CopyTo(bytes.AsSpan(HeaderBytes));
        word.CopyTo(bytes.AsSpan(HeaderBytes + Prefix.Length));
        return bytes;
    }

    /// <summary>Takes the next command off <paramref name="body"/>, which must begin with the prefix; false when it does not.</summary>
    internal static bool TryTakeCommand(ref ReadOnlyMemory<byte> body, out DirectCommand command)
    {
        command = default;
        if (!body.Span.StartsWith(Prefix))
        {
            return false;
        }

        var rest = body[Prefix.Length..];
        var end = rest.Span.IndexOf(Prefix);
        var piece = end < 0 ? rest : rest[..end];
        body = end < 0 ? default : rest[end..];
        command = Parse(piece);
        return true;
    }

    private static DirectCommand Parse(ReadOnlyMemory<byte> piece)
    {
        if (piece.Length < WordBytes)
        {
            return new DirectCommand(DirectCommandKind.Unknown, piece);
        }

        var word = piece.Span[..WordBytes];
        var kind = word.SequenceEqual(Load) ? DirectCommandKind.Load
            : word.SequenceEqual(Send) ? DirectCommandKind.Send
            : word.SequenceEqual(Invalidate) ? DirectCommandKind.Invalidate
            : word.SequenceEqual(Beat) ? DirectCommandKind.Beat
            : word.SequenceEqual(Authenticate) ? DirectCommandKind.Authenticate
            : DirectCommandKind.Unknown;
        return new DirectCommand(kind, kind == DirectCommandKind.Unknown ? piece : piece[WordBytes..]);
    }

    /// <summary>The first bytes of something unknown, safe to log.</summary>
    internal static string Describe(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var value in bytes[..Math.Min(bytes.Length, 16)])
        {
            text.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
        }

        return text.ToString();
    }
}
