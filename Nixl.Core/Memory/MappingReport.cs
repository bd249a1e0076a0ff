using System.Globalization;

namespace Nixl;

/// <summary>What the kernel says about one mapping of this process. Slow: the kernel walks the page tables; for control paths only.</summary>
internal static class MappingReport
{
    /// <summary>The bytes of the mapping at <paramref name="address"/> that are mapped by huge pages, or null when the kernel does not tell.</summary>
    internal static long? HugePageBytes(ulong address, string path = "/proc/self/smaps")
    {
        var isOurs = false;
        foreach (var line in Lines(path))
        {
            if (StartOfMapping(line) is { } start)
            {
                if (isOurs)
                {
                    return null;
                }

                isOurs = start == address;
            }
            else if (isOurs && line.StartsWith("ShmemPmdMapped:", StringComparison.Ordinal))
            {
                return KibibytesIn(line) << 10;
            }
        }

        return null;
    }

    /// <summary>How many pages of the mapping at <paramref name="address"/> exist, and how many on <paramref name="node"/>; null when the kernel does not tell.</summary>
    internal static (long OnNode, long Total)? PagesOnNode(ulong address, int node, string path = "/proc/self/numa_maps")
    {
        foreach (var line in Lines(path))
        {
            var words = line.Split(' ');
            if (ulong.TryParse(words[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start) && start == address)
            {
                return CountPages(words, node);
            }
        }

        return null;
    }

    // A word such as "N1=512": 512 pages on node 1.
    private static (long OnNode, long Total) CountPages(string[] words, int node)
    {
        long onNode = 0, total = 0;
        foreach (var word in words)
        {
            var equals = word.IndexOf('=');
            if (equals > 1 && word[0] == 'N'
                && int.TryParse(word.AsSpan(1, equals - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var where)
                && long.TryParse(word.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var pages))
            {
                total += pages;
                onNode += where == node ? pages : 0;
            }
        }

        return (onNode, total);
    }

    // A mapping begins with a line such as "7f12a0000000-7f12b0000000 rw-s 00000000 00:01 17 /memfd:nixl (deleted)".
    private static ulong? StartOfMapping(string line)
    {
        var dash = line.IndexOf('-');
        return dash > 0 && ulong.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start) ? start : null;
    }

    private static long? KibibytesIn(string line)
    {
        var text = line.AsSpan(line.IndexOf(':') + 1).Trim();
        var end = text.IndexOf(' ');
        return long.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    // Read lazily, so that the kernel need not describe the mappings behind the one asked for.
    private static IEnumerable<string> Lines(string path)
    {
        using var reader = Open(path);
        while (reader is not null && Next(reader) is { } line)
        {
            yield return line;
        }
    }

    private static StreamReader? Open(string path)
    {
        try
        {
            return new StreamReader(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Next(StreamReader reader)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
