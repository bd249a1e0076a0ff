namespace Nixl.Bench.Compare.Moves;

/// <summary>A mover whose operations are awaited, on the thread pool.</summary>
internal abstract class AwaitedMover : Mover
{
    internal override Task<MoveTimes> RunAsync(int count, int warm, double nanoseconds) => Task.Run(() => RepeatAsync(count, warm, MoveAsync));

    /// <summary>Moves the bytes once.</summary>
    protected abstract Task MoveAsync();
}
