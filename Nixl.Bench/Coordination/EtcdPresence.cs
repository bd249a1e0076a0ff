using System.Text;
using Nixl.Metadata.Etcd;

namespace Nixl.Bench.Coordination;

/// <summary>Who of a run is there, as one answer of etcd shows it.</summary>
internal sealed class EtcdPresence
{
    private readonly Dictionary<string, string> _values;
    private readonly EtcdKeys _keys;
    private readonly int _count;

    private EtcdPresence(EtcdKeys keys, int count, Dictionary<string, string> values) => (_keys, _count, _values) = (keys, count, values);

    /// <summary>Whether the founder has said that the run has begun.</summary>
    internal bool IsStarted => _values.ContainsKey(_keys.Started);

    /// <summary>Whether every rank has a process.</summary>
    internal bool IsFull => Missing.Count == 0;

    /// <summary>Whether every rank's present process has seen all others; a key that a dead process left behind never has.</summary>
    internal bool IsReady => NotReady.Count == 0;

    /// <summary>Ranks without a process.</summary>
    internal IReadOnlyList<int> Missing => Where(rank => Member(rank) is null);

    /// <summary>Ranks whose process has not seen all others.</summary>
    internal IReadOnlyList<int> NotReady => Where(rank => Member(rank) is not { } id || _values.GetValueOrDefault(_keys.Ready(rank)) != id);

    internal static async Task<EtcdPresence> ReadAsync(EtcdBoard board, EtcdKeys keys, int count, CancellationToken cancellation)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var value in await board.ListAsync(keys.Presence, cancellation))
        {
            values[value.Key] = Text(value);
        }

        return new EtcdPresence(keys, count, values);
    }

    /// <summary>The process that has a rank; null for none.</summary>
    internal string? Member(int rank) => _values.GetValueOrDefault(_keys.Member(rank));

    internal bool HasLeft(int rank) => _values.ContainsKey(_keys.Left(rank));

    /// <summary>Why a rank failed; null unless it said so.</summary>
    internal string? Failure(int rank) => _values.GetValueOrDefault(_keys.Failed(rank));

    private static string Text(EtcdValue value)
    {
        var bytes = value.Value.Span;
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, RendezvousLimits.ReasonBytesMax)]);
        return string.Concat(text.Select(static letter => char.IsControl(letter) ? ' ' : letter));
    }

    private List<int> Where(Func<int, bool> holds) => [.. Enumerable.Range(0, _count).Where(holds)];
}
