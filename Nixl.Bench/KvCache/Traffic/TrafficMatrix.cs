using Nixl.Bench.Coordination;
using Nixl.Bench.Options;

namespace Nixl.Bench.KvCache.Traffic;

/// <summary>How many bytes each rank sends to each other one, as NIXL's matrix files say it: a line per sender, a cell per receiver, sizes with K, M or G.</summary>
internal sealed class TrafficMatrix
{
    private const long FileBytesMax = 16 << 20;

    private readonly long[][] _cells;

    private TrafficMatrix(string name, long[][] cells) => (Name, _cells) = (name, cells);

    /// <summary>What it is called: the file.</summary>
    internal string Name { get; }

    internal int Ranks => _cells.Length;

    /// <summary>Bytes of all cells.</summary>
    internal long Total => _cells.Sum(static row => row.Sum());

    /// <summary>How many ranks send something.</summary>
    internal int Senders => _cells.Count(static row => row.Any(static bytes => bytes > 0));

    /// <summary>Bytes that the busiest rank sends or receives: what each rank needs memory for, twice.</summary>
    internal long LargestSide => Enumerable.Range(0, Ranks).Max(rank => Math.Max(_cells[rank].Sum(), _cells.Sum(row => row[rank])));

    internal long this[int sender, int receiver] => _cells[sender][receiver];

    /// <summary>Where in a sender's memory the bytes for a receiver begin.</summary>
    internal long SendOffset(int sender, int receiver) => _cells[sender].Take(receiver).Sum();

    /// <summary>Where in a receiver's memory the bytes of a sender begin.</summary>
    internal long ReceiveOffset(int sender, int receiver) => _cells.Take(sender).Sum(row => row[receiver]);

    /// <exception cref="BenchmarkException">The file cannot be read or holds no matrix: says where.</exception>
    internal static TrafficMatrix Read(string path)
    {
        try
        {
            return new FileInfo(path).Length <= FileBytesMax ? Parse(path, File.ReadAllText(path))
                : throw new BenchmarkException($"{path} has more than {FileBytesMax >> 20} MiB.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"{path} cannot be read: {unreadable.Message}");
        }
    }

    /// <exception cref="BenchmarkException">It is no matrix: says where.</exception>
    internal static TrafficMatrix Parse(string name, string text)
    {
        string[] lines = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        if (lines.Length is < 2 or > RendezvousLimits.RanksMax)
        {
            throw new BenchmarkException($"{name} has {lines.Length} lines: a matrix has one for each of 2 to {RendezvousLimits.RanksMax} ranks.");
        }

        long[][] cells = [.. lines.Select((line, sender) => ParseLine(name, line, sender, lines.Length))];
        try
        {
            return checked(cells.Sum(static row => row.Sum())) > 0 ? new TrafficMatrix(name, cells) : throw new BenchmarkException($"{name}: nobody sends anything.");
        }
        catch (OverflowException)
        {
            throw new BenchmarkException($"{name}: all cells together are more than 64 bits can count.");
        }
    }

    private static long[] ParseLine(string name, string line, int sender, int ranks)
    {
        string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != ranks)
        {
            throw new BenchmarkException($"{name}, line {sender + 1}: {words.Length} cells, where there are {ranks} ranks.");
        }

        var row = new long[ranks];
        for (var receiver = 0; receiver < ranks; receiver++)
        {
            if (!DataSize.TryParse(words[receiver], out row[receiver]))
            {
                throw new BenchmarkException($"{name}, line {sender + 1}: '{words[receiver]}' is no size.");
            }
        }

        return row[sender] == 0 ? row : throw new BenchmarkException($"{name}, line {sender + 1}: rank {sender} sends {row[sender]} bytes to itself.");
    }
}
