using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Moves;

/// <summary>A mover whose operations return when they have ended.</summary>
internal abstract class BlockingMover(BoundThread thread) : Mover
{
    internal override Task<MoveTimes> RunAsync(int count, int warm, double nanoseconds) => thread.RunAsync(() => Repeat(count, warm, nanoseconds, Move));

    /// <summary>Moves the bytes once.</summary>
    protected abstract void Move();
}
