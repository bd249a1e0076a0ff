using System.Diagnostics;

namespace Nixl.Bench.Transfers.Measuring;

/// <summary>What one thread does: keeps as many iterations in flight as its slots allow. Warm, it allocates nothing and takes no lock.</summary>
internal sealed class MeasuringLoop(TransferSlot[] slots, CancellationToken stop) : IDisposable
{
    // A look at the token is a read from memory that another thread writes, and whoever waits for long gives its processor to whoever has work.
    private const int PollsPerLook = 1024;

    private readonly bool[] _isInFlight = new bool[slots.Length];

    /// <summary>How many iterations it has posted since it was made.</summary>
    internal long Posts => slots.Sum(static slot => slot.Posts);

    /// <summary>Makes all transfers.</summary>
    internal void Prepare()
    {
        foreach (var slot in slots)
        {
            slot.MakeAll();
        }
    }

    /// <summary>Runs <paramref name="count"/> iterations to their end.</summary>
    /// <returns>When the first began and when the last had ended.</returns>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    /// <exception cref="NixlException">A transfer failed.</exception>
    internal (long Began, long Ended) Run(int count, ThreadSamples samples)
    {
        var began = Stopwatch.GetTimestamp();
        var issued = 0;
        for (; issued < Math.Min(count, slots.Length); issued++)
        {
            slots[issued].Start(samples);
            _isInFlight[issued] = true;
        }

        var polls = 0;
        for (var done = 0; done < count;)
        {
            for (var i = 0; i < slots.Length; i++)
            {
                if (!_isInFlight[i] || !slots[i].Poll())
                {
                    continue;
                }

                Note(slots[i], samples);
                done++;
                _isInFlight[i] = issued < count;
                if (issued < count)
                {
                    issued++;
                    slots[i].Start(samples);
                }
            }

            if (++polls % PollsPerLook == 0)
            {
                stop.ThrowIfCancellationRequested();
                Thread.Yield();
            }
        }

        return (began, Stopwatch.GetTimestamp());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in slots)
        {
            slot.Dispose();
        }
    }

    private static void Note(TransferSlot slot, ThreadSamples samples)
    {
        var now = Stopwatch.GetTimestamp();
        var (start, handedOver) = slot.Times;
        samples.Latency.Add(now - start);
        samples.Transfer.Add(now - handedOver);
    }
}
