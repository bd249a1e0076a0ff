using System.Globalization;

namespace Nixl.Backends.S3.Client;

/// <summary>The answer to a ranged GET: checked headers, and the body still on its way.</summary>
/// <param name="etag">The object's ETag.</param>
/// <param name="body">The body, exactly as long as asked.</param>
/// <param name="owner">What closes the connection.</param>
internal sealed class ObjectBody(string etag, Stream body, IDisposable owner) : IDisposable
{
    /// <summary>The object's ETag, quotes included.</summary>
    internal string ETag { get; } = etag;

    /// <summary>The body; reading it is reading the socket.</summary>
    internal Stream Body { get; } = body;

    /// <inheritdoc/>
    public void Dispose() => owner.Dispose();

    /// <summary>Compares what the store says it sends with what was asked for; null when it is the same.</summary>
    internal static S3Failure? Check(int http, string? contentRange, long contentLength, long offset, long length)
    {
        if (http == 200)
        {
            // No answer to a range at all; of use only where the whole object happens to be what was asked for.
            return offset == 0 && contentLength == length
                ? null : Refuse(http, "RangeIgnored", $"the store sends {contentLength} bytes from the first on instead of the range");
        }

        if (http != 206 || !TryParse(contentRange, out var first, out var last, out var total))
        {
            return Refuse(http, "BadContentRange", $"Content-Range is '{contentRange}'");
        }

        if (first == offset && last == total - 1 && last < offset + length - 1)
        {
            return new S3Failure(
                NixlStatus.Mismatch, http, "InvalidRange", $"the object has {total} bytes", false, "Read within the object: QueryMemory tells its size.");
        }

        return first != offset || last - first != length - 1 || contentLength != length
            ? Refuse(http, "BadContentRange", $"Content-Range is '{contentRange}' and Content-Length {contentLength}")
            : null;
    }

    private static S3Failure Refuse(int http, string code, string text)
        => new(NixlStatus.Mismatch, http, code, text, false, "The store, or what lies before it, does not answer range requests as HTTP demands.");

    /// <summary>Reads <c>bytes FIRST-LAST/TOTAL</c>.</summary>
    private static bool TryParse(string? text, out long first, out long last, out long total)
    {
        (first, last, total) = (0, 0, 0);
        const string Unit = "bytes ";
        if (text is null || !text.StartsWith(Unit, StringComparison.Ordinal))
        {
            return false;
        }

        var span = text.AsSpan(Unit.Length);
        int dash = span.IndexOf('-'), slash = span.IndexOf('/');
        return dash > 0 && slash > dash && TryParse(span[..dash], out first) && TryParse(span[(dash + 1)..slash], out last)
            && TryParse(span[(slash + 1)..], out total) && first <= last && last < total;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
