using System.Globalization;
using System.Text;

namespace Nixl.Bench.Objects;

/// <summary>The head of an HTTP/1.1 message, as a proxy needs it.</summary>
internal sealed class HttpHead
{
    internal HttpHead(string text)
    {
        Text = text;
        var first = text[..text.IndexOf('\r', StringComparison.Ordinal)].Split(' ');
        (First, Second) = (first[0], first.Length > 1 ? first[1] : "");
    }

    /// <summary>All of it, with the empty line.</summary>
    internal string Text { get; }

    /// <summary>The method, or the version of an answer.</summary>
    internal string First { get; }

    /// <summary>The target, or the status code of an answer.</summary>
    internal string Second { get; }

    /// <summary>The length of the body that follows; -1 where it comes in chunks.</summary>
    internal long ContentLength
        => Field("Transfer-Encoding") is "chunked" ? -1
            : Field("Content-Length") is { } length ? long.Parse(length, CultureInfo.InvariantCulture) : 0;

    /// <summary>Whether the sender waits for 100 before the body.</summary>
    internal bool ExpectsContinue => Field("Expect") is not null;

    /// <summary>Whether the connection ends after it.</summary>
    internal bool IsLast => string.Equals(Field("Connection"), "close", StringComparison.OrdinalIgnoreCase);

    /// <summary>The head as it goes on the wire.</summary>
    internal byte[] ToBytes() => Encoding.Latin1.GetBytes(Text);

    private string? Field(string name)
    {
        foreach (var line in Text.Split("\r\n"))
        {
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }

        return null;
    }
}
