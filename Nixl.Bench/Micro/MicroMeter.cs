using System.Diagnostics;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Micro;

/// <summary>Repeats an operation, and says what it takes and allocates.</summary>
/// <param name="isQuick">Small numbers and few repetitions: for allocations, which are exact, and to see that everything runs.</param>
internal sealed class MicroMeter(bool isQuick)
{
    private const int QuickShare = 100;
    private const int RepetitionsMin = 5;
    private const int RepetitionsMax = 100_000;

    // A clock costs as much as a small operation: those are timed in groups.
    private const double GroupedBelowNanoseconds = 5_000;
    private const int GroupSize = 100;

    private const int Rounds = 20;
    private const int RoundsMin = 2;

    private static readonly TimeSpan RoundBlock = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Block = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan QuickBlock = TimeSpan.FromMilliseconds(10);

    /// <summary>A number of items, or a hundredth of it in a quick run.</summary>
    internal int Items(int full) => isQuick ? Math.Max(full / QuickShare, Math.Min(full, 10)) : full;

    /// <summary>Measures.</summary>
    /// <param name="group">The part of the agent.</param>
    /// <param name="operation">What is repeated.</param>
    /// <param name="items">What it is about.</param>
    /// <param name="run">Does it once.</param>
    /// <param name="upstream">What is known of upstream.</param>
    /// <param name="undo">Takes it back; neither timed nor, in allocations, told apart.</param>
    internal MicroResult Measure(string group, string operation, long items, Action run, string? upstream = null, Action? undo = null)
    {
        var once = Time(run, undo, 1);
        once = Math.Min(once, Time(run, undo, 1));
        var inRow = undo is null && once < GroupedBelowNanoseconds ? GroupSize : 1;
        var block = isQuick ? QuickBlock : Block;
        var repetitions = (int)Math.Clamp(block.TotalNanoseconds / Math.Max(1, once) / inRow, RepetitionsMin, RepetitionsMax / inRow);
        var times = new double[repetitions]; // before the allocations are looked at
        for (var i = 0; i < repetitions; i++)
        {
            Time(run, undo, inRow); // the just-in-time compiler's second tier
        }

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < repetitions; i++)
        {
            times[i] = Time(run, undo, inRow);
        }

        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new MicroResult(group, operation, items, Distribution.Of(times).Median, (double)allocated / repetitions / inRow, upstream);
    }

    /// <summary>How many times as long one operation takes as another: both run in turn, alternately first, and the median of the rounds counts.</summary>
    internal double Compare(Action above, Action below)
    {
        var rounds = isQuick ? RoundsMin : Rounds;
        var block = isQuick ? QuickBlock : RoundBlock;
        var ratios = new double[rounds];
        var inRow = (int)Math.Max(GroupSize, block.TotalNanoseconds / Math.Max(1, Time(below, null, GroupSize)));
        for (var round = -1; round < rounds; round++)
        {
            var isFirst = round % 2 == 0;
            var first = Time(isFirst ? above : below, null, inRow);
            var second = Time(isFirst ? below : above, null, inRow);
            if (round >= 0) // the first one is the just-in-time compiler's
            {
                ratios[round] = isFirst ? first / second : second / first;
            }
        }

        return Distribution.Of(ratios).Median;
    }

    /// <summary>Nanoseconds of one of <paramref name="count"/> runs in a row.</summary>
    private static double Time(Action run, Action? undo, int count)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            run();
        }

        var time = Stopwatch.GetTimestamp() - start;
        undo?.Invoke();
        return (double)time * 1_000_000_000 / Stopwatch.Frequency / count;
    }
}
