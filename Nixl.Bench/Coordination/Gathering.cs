namespace Nixl.Bench.Coordination;

/// <summary>An exchange that not every rank has come to yet. Guarded by the hub's lock.</summary>
internal sealed class Gathering(int number, string label, int count)
{
    private readonly byte[]?[] _blobs = new byte[count][];
    private int _arrived;
    private long _bytes;

    internal int Number => number;

    internal string Label => label;

    /// <summary>Bytes of all blobs so far.</summary>
    internal long Bytes => _bytes;

    internal bool IsComplete => _arrived == count;

    internal IEnumerable<byte[]> Blobs => _blobs.Select(static blob => blob!);

    /// <summary>Who has not come.</summary>
    internal IReadOnlyList<int> Missing => [.. Enumerable.Range(0, count).Where(rank => _blobs[rank] is null)];

    /// <summary>Who is here.</summary>
    internal IReadOnlyList<int> Present => [.. Enumerable.Range(0, count).Where(rank => _blobs[rank] is not null)];

    /// <summary>False when the rank was here before.</summary>
    internal bool TryAdd(int rank, byte[] blob)
    {
        if (_blobs[rank] is not null)
        {
            return false;
        }

        _blobs[rank] = blob;
        _bytes += blob.Length;
        _arrived++;
        return true;
    }
}
