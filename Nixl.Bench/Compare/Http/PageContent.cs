using System.Net;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Http;

/// <summary>Pages as the body of a request: long ones as they lie, short ones gathered in a buffer.</summary>
internal sealed class PageContent(PagedMemory pages, byte[] buffer) : HttpContent
{
    /// <summary>Bytes that are handed to the stream at a time.</summary>
    internal const int BufferBytes = 256 << 10;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var position = 0L; position < pages.Bytes;)
        {
            if (pages.Case.Pages == 1)
            {
                var piece = pages.Piece(position, Math.Min(pages.Bytes, position + BufferBytes));
                await stream.WriteAsync(piece, cancellationToken);
                position += piece.Length;
            }
            else
            {
                var length = pages.Gather(position, pages.Bytes, buffer);
                await stream.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
                position += length;
            }
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = pages.Bytes;
        return true;
    }
}
