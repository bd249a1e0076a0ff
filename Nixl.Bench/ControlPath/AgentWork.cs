using System.Diagnostics;

namespace Nixl.Bench.ControlPath;

/// <summary>The agent's side of a case.</summary>
internal abstract class AgentWork : IDisposable
{
    private long[] _times = [];

    /// <summary>Does the work once and says what it gave; null where there is nothing to compare with.</summary>
    internal abstract WorkProof? Prove();

    /// <summary>Does the work <paramref name="count"/> times after <paramref name="warm"/> unmeasured ones.</summary>
    internal WorkTime Repeat(int count, int warm)
    {
        var times = _times = _times.Length < count ? new long[count] : _times;
        var total = 0L;
        for (var i = -warm; i < count; i++)
        {
            SetUp();
            var start = Stopwatch.GetTimestamp();
            Run();
            var time = Stopwatch.GetTimestamp() - start;
            TearDown();
            if (i >= 0)
            {
                times[i] = time;
                total += time;
            }
        }

        Array.Sort(times, 0, count);
        return new WorkTime(ToNanoseconds(total) / count, ToNanoseconds(times[count / 2]));
    }

    public abstract void Dispose();

    /// <summary>What a repetition needs first; not measured.</summary>
    protected virtual void SetUp()
    {
    }

    /// <summary>What is measured.</summary>
    protected abstract void Run();

    /// <summary>What a repetition leaves; not measured.</summary>
    protected virtual void TearDown()
    {
    }

    private static double ToNanoseconds(long ticks) => (double)ticks * 1_000_000_000 / Stopwatch.Frequency;
}
