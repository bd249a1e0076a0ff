using System.Text;

namespace Nixl.Backends.Posix.Files;

/// <summary>How a registration names a file by path: <c>ro|rw[,direct,sync,noatime,create]:path</c>, NIXL's path mode.</summary>
/// <param name="Path">The path, never empty.</param>
/// <param name="IsWritable">Whether it is opened for writing, too.</param>
/// <param name="IsDirect">Whether the page cache is bypassed (<c>O_DIRECT</c>).</param>
/// <param name="IsSync">Whether each write is durable by itself (<c>O_SYNC</c>).</param>
/// <param name="KeepsAccessTime">Whether reading leaves the access time as it is (<c>O_NOATIME</c>).</param>
/// <param name="Creates">Whether a file that does not exist is made, with mode 0644.</param>
internal sealed record PathMode(string Path, bool IsWritable, bool IsDirect, bool IsSync, bool KeepsAccessTime, bool Creates)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the user's bytes. Null with no problem when they are no path mode at all: NIXL then takes the device id as a descriptor. Null with a
    /// problem when they begin as one: a misspelt word must not turn into somebody's descriptor 0.</summary>
    internal static PathMode? Parse(ReadOnlySpan<byte> metaInfo, out string? problem)
    {
        problem = null;
        var colon = metaInfo.IndexOf((byte)':');
        if (colon < 2)
        {
            return null;
        }

        var words = Encoding.ASCII.GetString(metaInfo[..colon]).Split(',');
        if (words[0] is not ("ro" or "rw"))
        {
            return null;
        }

        var unknown = Array.Find(words[1..], static word => word is not ("direct" or "sync" or "noatime" or "create"));
        if (unknown is not null)
        {
            problem = $"the path mode has the unknown word '{unknown}'";
            return null;
        }

        if (ReadPath(metaInfo[(colon + 1)..], out problem) is not { } path)
        {
            return null;
        }

        return new PathMode(
            path, words[0] == "rw", words.Contains("direct"), words.Contains("sync"), words.Contains("noatime"), words.Contains("create"));
    }

    /// <summary>Checks bytes that shall be a path; null with the problem.</summary>
    internal static string? ReadPath(ReadOnlySpan<byte> bytes, out string? problem)
    {
        problem = bytes.IsEmpty ? "the path is empty" : bytes.Contains((byte)0) ? "the path contains a zero byte" : null;
        if (problem is not null)
        {
            return null;
        }

        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            problem = "the path is not UTF-8";
            return null;
        }
    }
}
