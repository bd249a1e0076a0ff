using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Nixl.Bench.Coordination;

/// <summary>How a process becomes a rank of a run that begins.</summary>
/// <remarks>Who comes first founds the run: a key of the group names it, under the founder's lease. The others take ranks in it. A run begins when every rank's process has
/// confirmed that it has seen all of them, so a key that a killed process left behind cannot be mistaken for a rank; then the founder removes the group's key, and the next
/// process founds the next run. A founder that dies takes the key with it, and those who wait found the run anew.</remarks>
internal sealed class EtcdAdmission(EtcdBoard board, RendezvousSettings settings, long lease)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <exception cref="BenchmarkException">Names the ranks that did not come.</exception>
    internal async Task<(EtcdKeys Keys, int Rank)> EnterAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var (run, isFounder) = await FoundOrFindAsync(cancellation);
            var keys = new EtcdKeys(settings.Group, run);
            if (await TakeRankAsync(keys, run, cancellation) is not { } rank)
            {
                continue;
            }

            if (await WaitForStartAsync(keys, run, rank, isFounder, cancellation))
            {
                return (keys, rank);
            }

            await board.DeleteAsync(keys.Member(rank), cancellation);
        }
    }

    private async Task<(string Run, bool IsFounder)> FoundOrFindAsync(CancellationToken cancellation)
    {
        var open = EtcdKeys.Open(settings.Group);
        while (true)
        {
            var own = $"{Guid.NewGuid():N} {settings.Count.ToString(CultureInfo.InvariantCulture)}";
            if (await board.CreateAsync(open, Encoding.UTF8.GetBytes(own), lease, cancellation))
            {
                return (own.Split(' ')[0], true);
            }

            if (await board.GetAsync(open, cancellation) is { } found)
            {
                return Encoding.UTF8.GetString(found.Span).Split(' ') is [var run, var count] && Names.IsGood(run)
                    ? count == own.Split(' ')[1] ? (run, false)
                        : throw new BenchmarkException($"The run of the group '{settings.Group}' has {count} ranks, not {settings.Count}.")
                    : throw new BenchmarkException($"The key {open} in etcd is none of a benchmark of this version.");
            }
        }
    }

    /// <summary>The rank; null when the run does not take ranks any more.</summary>
    private async Task<int?> TakeRankAsync(EtcdKeys keys, string run, CancellationToken cancellation)
    {
        var wanted = settings.Rank is { } one ? [one] : Enumerable.Range(0, settings.Count);
        while (true)
        {
            foreach (var rank in wanted)
            {
                if (await board.CreateAsync(keys.Member(rank), Encoding.UTF8.GetBytes(_id), lease, cancellation))
                {
                    return rank;
                }
            }

            if (Stopwatch.GetElapsedTime(_start) >= settings.Limit)
            {
                throw new BenchmarkException(settings.Rank is { } taken
                    ? $"Rank {taken} of the group '{settings.Group}' is another process."
                    : $"All {settings.Count} ranks of the group '{settings.Group}' are other processes.");
            }

            await Task.Delay(Pause, cancellation);
            if (!await IsOpenAsync(run, cancellation))
            {
                return null;
            }
        }
    }

    /// <summary>True when the run has begun; false when its founder is gone before.</summary>
    private async Task<bool> WaitForStartAsync(EtcdKeys keys, string run, int rank, bool isFounder, CancellationToken cancellation)
    {
        var isReady = false;
        while (true)
        {
            var isOpen = await IsOpenAsync(run, cancellation); // before the presence: what is gone now may have begun
            var presence = await EtcdPresence.ReadAsync(board, keys, settings.Count, cancellation);
            if (presence.IsStarted)
            {
                return presence.Member(rank) == _id;
            }

            if (!isOpen || presence.Member(rank) != _id)
            {
                return false;
            }

            if (presence.IsFull && !isReady)
            {
                await board.PutAsync(keys.Ready(rank), Encoding.UTF8.GetBytes(_id), lease, cancellation);
                isReady = true;
            }

            if (isFounder && presence.IsReady)
            {
                await board.PutAsync(keys.Started, Encoding.UTF8.GetBytes(_id), lease, cancellation);
                await board.DeleteAsync(EtcdKeys.Open(settings.Group), cancellation);
                return true;
            }

            if (Stopwatch.GetElapsedTime(_start) >= settings.Limit)
            {
                throw new BenchmarkException(Sentence(presence));
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    private string Sentence(EtcdPresence presence)
    {
        var missing = presence.IsFull ? presence.NotReady : presence.Missing;
        var sentence = Names.Missing(missing.Count > 0 ? missing : [0], settings.Count, "start", settings.Limit);
        return $"{char.ToUpperInvariant(sentence[0])}{sentence[1..^1]} (group '{settings.Group}' in etcd).";
    }

    private async Task<bool> IsOpenAsync(string run, CancellationToken cancellation)
        => await board.GetAsync(EtcdKeys.Open(settings.Group), cancellation) is { } value
            && Encoding.UTF8.GetString(value.Span).StartsWith($"{run} ", StringComparison.Ordinal);
}
