using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>A registered range. Who copies from or to it holds a use, so that deregistering waits for the copy.</summary>
internal sealed class InMemoryRegion(in MemoryRegion region, ulong key) : BackendMemory(region)
{
    private int _uses;
    private int _gone;
    private int _ownViews;

    internal ulong Key { get; } = key;

    internal bool IsGone => Volatile.Read(ref _gone) != 0;

    /// <summary>How many remote sides of the engine's own transfers it is at present.</summary>
    internal int OwnViews => Volatile.Read(ref _ownViews);

    internal void CountOwnViews(int change) => Interlocked.Add(ref _ownViews, change);

    internal bool TryUse()
    {
        Interlocked.Increment(ref _uses);
        if (!IsGone)
        {
            return true;
        }

        EndUse();
        return false;
    }

    internal void EndUse() => Interlocked.Decrement(ref _uses);

    /// <summary>Ends every later use and waits for the present ones; false when it was called before.</summary>
    internal bool TryRetire()
    {
        if (Interlocked.Exchange(ref _gone, 1) != 0)
        {
            return false;
        }

        return SpinWait.SpinUntil(() => Volatile.Read(ref _uses) == 0, TimeSpan.FromSeconds(10));
    }
}
