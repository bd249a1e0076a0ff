using System.Buffers.Binary;
using System.Text;

namespace Nixl.Bench.Coordination;

/// <summary>Reads a payload that a stranger may have sent: every length is compared with what is there.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> payload)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>Whether everything was read.</summary>
    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal bool TryReadInt32(out int value)
    {
        value = 0;
        if (!BinaryPrimitives.TryReadInt32LittleEndian(_rest, out value))
        {
            return false;
        }

        _rest = _rest[sizeof(int)..];
        return true;
    }

    internal bool TryReadBytes(int max, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryReadInt32(out var length) || length < 0 || length > max || length > _rest.Length)
        {
            return false;
        }

        bytes = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    /// <summary>Text without control characters: it goes to terminals.</summary>
    internal bool TryReadText(int max, out string text)
    {
        text = "";
        if (!TryReadBytes(max, out var bytes))
        {
            return false;
        }

        try
        {
            text = Strict.GetString(bytes);
            return !text.Any(char.IsControl);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
