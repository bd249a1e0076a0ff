using System.Diagnostics;

namespace Nixl.Bench.Compare.Moves;

/// <summary>One way to get bytes from this process's memory into the peer's: an operation has ended when they lie there and this side knows it.</summary>
internal abstract class Mover : IAsyncDisposable
{
    // A clock costs as much as a small operation: such operations are timed in groups.
    private const double GroupedBelowNanoseconds = 2000;
    private const int GroupMax = 100;

    private long[] _times = [];

    /// <summary>Its name in the report.</summary>
    internal abstract string Name { get; }

    /// <summary>What it uses: library, transport, settings.</summary>
    internal abstract string Details { get; }

    /// <summary>The name in one word, under which the peer knows its receiver.</summary>
    internal string Key => KeyOf(Name);

    /// <summary>Further processes whose processor time is its own.</summary>
    internal virtual IReadOnlyList<int> Helpers => [];

    /// <summary>Where contenders are compared only with those of the same kind: its kind; null where all are compared with all.</summary>
    internal virtual string? Group => null;

    /// <summary>Whether it is a program that measures itself: its bytes are its own, and it says averages.</summary>
    internal virtual bool IsProgram => false;

    /// <summary>The fewest operations that are worth a block.</summary>
    internal virtual int CountMin => 1;

    /// <summary>What is moved; null before <see cref="Prepare"/>.</summary>
    protected PagedMemory? Source { get; private set; }

    /// <summary>A name in one word.</summary>
    internal static string KeyOf(string name) => name.Replace(' ', '-');

    /// <summary>The next operations are about this.</summary>
    internal virtual void Prepare(PagedMemory source) => Source = source;

    /// <summary>Writes a pattern to where the bytes come from.</summary>
    internal virtual void Fill(ulong seed) => Source!.Fill(seed);

    /// <summary>Where the bytes stay in this process: the first page that is not what <see cref="Fill"/> wrote, -1 for none; null where the peer has them.</summary>
    internal virtual int? CheckHere(ulong seed) => null;

    /// <summary>Does it <paramref name="count"/> times after <paramref name="warm"/> unmeasured ones.</summary>
    /// <param name="count">Operations.</param>
    /// <param name="warm">Operations before them.</param>
    /// <param name="nanoseconds">What one takes, about; 0 when that is not known.</param>
    internal abstract Task<MoveTimes> RunAsync(int count, int warm, double nanoseconds);

    public abstract ValueTask DisposeAsync();

    protected MoveTimes Repeat(int count, int warm, double nanoseconds, Action operation)
    {
        for (var i = 0; i < warm; i++)
        {
            operation();
        }

        var group = nanoseconds is > 0 and < GroupedBelowNanoseconds ? Math.Min(GroupMax, count) : 1;
        var times = Room(count / group);
        var before = ProcessUse.OfThis();
        var start = Stopwatch.GetTimestamp();
        var last = start;
        for (var i = 0; i < times.Length; i++)
        {
            for (var j = 0; j < group; j++)
            {
                operation();
            }

            var now = Stopwatch.GetTimestamp();
            times[i] = now - last;
            last = now;
        }

        return MoveTimes.Of(times, group, last - start, ProcessUse.OfThis() - before);
    }

    protected async Task<MoveTimes> RepeatAsync(int count, int warm, Func<Task> operation)
    {
        for (var i = 0; i < warm; i++)
        {
            await operation();
        }

        Room(count);
        var times = _times.AsMemory(0, count);
        var before = ProcessUse.OfThis();
        var start = Stopwatch.GetTimestamp();
        var last = start;
        for (var i = 0; i < times.Length; i++)
        {
            await operation();
            var now = Stopwatch.GetTimestamp();
            times.Span[i] = now - last;
            last = now;
        }

        return MoveTimes.Of(times.Span, 1, last - start, ProcessUse.OfThis() - before);
    }

    private Span<long> Room(int count)
    {
        if (_times.Length < count)
        {
            _times = new long[count];
        }

        return _times.AsSpan(0, count);
    }
}
