using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Nixl.Metadata.Redis;

/// <summary>RESP2: commands are arrays of values, answers are one of five kinds. Everything that comes in is checked and bounded.</summary>
internal static class RedisProtocol
{
    private const int LineMax = 64 << 10;
    private const int ItemsMax = 1 << 20;
    private const int DepthMax = 4;

    /// <summary>Writes one command.</summary>
    internal static void Write(IBufferWriter<byte> output, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        WriteHead(output, (byte)'*', parts.Length);
        foreach (var part in parts)
        {
            WriteHead(output, (byte)'$', part.Length);
            output.Write(part.Span);
            output.Write("\r\n"u8);
        }
    }

    /// <summary>A part of a command.</summary>
    internal static ReadOnlyMemory<byte> Part(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Reads one answer.</summary>
    /// <exception cref="InvalidDataException">What comes is no RESP, or more than is taken.</exception>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    internal static async ValueTask<RedisReply> ReadAsync(PipeReader reader, int bytesMax, CancellationToken cancellationToken, int depth = 0)
    {
        var line = await ReadLineAsync(reader, cancellationToken).ConfigureAwait(false);
        if (line.Length == 0)
        {
            throw new InvalidDataException("An answer is empty.");
        }

        var rest = line.AsMemory(1);
        switch ((char)line[0])
        {
            case '+':
                return new RedisReply(RedisReplyKind.Status, rest);
            case '-':
                return new RedisReply(RedisReplyKind.Error, rest);
            case ':':
                return new RedisReply(RedisReplyKind.Number, Number: Number(rest.Span));
            case '$':
                return new RedisReply(RedisReplyKind.Value, await ReadValueAsync(reader, Number(rest.Span), bytesMax, cancellationToken).ConfigureAwait(false));
            case '*' when depth < DepthMax:
                return await ReadArrayAsync(reader, Number(rest.Span), bytesMax, depth, cancellationToken).ConfigureAwait(false);
            default:
                throw new InvalidDataException("An answer is of no known kind.");
        }
    }

    private static async ValueTask<RedisReply> ReadArrayAsync(PipeReader reader, long count, int bytesMax, int depth, CancellationToken cancellationToken)
    {
        if (count is < -1 or > ItemsMax)
        {
            throw new InvalidDataException($"An answer of {count} items is not taken.");
        }

        var items = new List<RedisReply>();
        for (var i = 0; i < count; i++)
        {
            items.Add(await ReadAsync(reader, bytesMax, cancellationToken, depth + 1).ConfigureAwait(false));
        }

        return new RedisReply(RedisReplyKind.Array, Items: items);
    }

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadValueAsync(PipeReader reader, long length, int bytesMax, CancellationToken cancellationToken)
    {
        if (length == -1)
        {
            return null;
        }

        if (length < 0 || length > bytesMax)
        {
            throw new InvalidDataException($"A value of {length} bytes is not taken; the limit is {bytesMax}.");
        }

        var read = await reader.ReadAtLeastAsync((int)length + 2, cancellationToken).ConfigureAwait(false);
        if (read.Buffer.Length < length + 2)
        {
            throw new EndOfStreamException("The server closed the connection within an answer.");
        }

        var value = read.Buffer.Slice(0, length).ToArray();
        var end = read.Buffer.Slice(length, 2).ToArray();
        reader.AdvanceTo(read.Buffer.GetPosition(length + 2));
        return end.AsSpan().SequenceEqual("\r\n"u8) ? value : throw new InvalidDataException("A value does not end where it should.");
    }

    private static async ValueTask<byte[]> ReadLineAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line.AsSpan().EndsWith("\r"u8) ? line[..^1] : throw new InvalidDataException("A line does not end as it should.");
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                throw new EndOfStreamException("The server closed the connection.");
            }

            if (read.Buffer.Length > LineMax)
            {
                throw new InvalidDataException("A line has no end.");
            }
        }
    }

    private static long Number(ReadOnlySpan<byte> text)
        => Utf8Parser.TryParse(text, out long number, out var used) && used == text.Length ? number : throw new InvalidDataException("A number is none.");

    private static void WriteHead(IBufferWriter<byte> output, byte kind, int number)
    {
        var span = output.GetSpan(16);
        span[0] = kind;
        _ = number.TryFormat(span[1..], out var length, provider: CultureInfo.InvariantCulture);
        span[length + 1] = (byte)'\r';
        span[length + 2] = (byte)'\n';
        output.Advance(length + 3);
    }
}
