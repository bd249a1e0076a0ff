using Nixl.Bench.Coordination;

namespace Nixl.Bench.Transfers;

/// <summary>The rendezvous of a run of one process.</summary>
internal sealed class SoleRank : IRendezvous
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Count => 1;

    /// <inheritdoc/>
    public CancellationToken Broken => CancellationToken.None;

    /// <inheritdoc/>
    public void ThrowIfBroken()
    {
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<byte[]>> AllGatherAsync(string label, ReadOnlyMemory<byte> blob, CancellationToken cancellation)
        => Task.FromResult<IReadOnlyList<byte[]>>([blob.ToArray()]);

    /// <inheritdoc/>
    public Task AbortAsync(string reason) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task LeaveAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
