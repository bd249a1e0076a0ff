using Nixl.Tests.Tidy;

namespace Nixl.Tests.Discovery.Transcripts;

/// <summary>A recorded exchange: a file of lines <c>name = bytes in hexadecimal</c>, whose comments say where it comes from.</summary>
internal sealed class Transcript
{
    private readonly Dictionary<string, byte[]> _entries;

    private Transcript(Dictionary<string, byte[]> entries) => _entries = entries;

    internal byte[] this[string name] => [.. _entries[name]];

    internal static Transcript Read(string file) => new(Lines(file).Select(static line => line.Split(" = ")).ToDictionary(static pair => pair[0], static pair => Convert.FromHexString(pair[1])));

    /// <summary>The lines that are no comment.</summary>
    internal static IEnumerable<string> Lines(string file)
        => Repository.ReadLines(Path.Combine("Nixl.Tests", "Discovery", "Transcripts", file)).Where(static line => line.Length > 0 && line[0] != '#');
}
