namespace Nixl.Bench.Coordination;

/// <summary>Where the ranks of one run meet: they exchange small blobs, wait for each other, and learn when one of them is gone.</summary>
/// <remarks>All waits have the deadline that the run was joined with. Calls are made by one thread at a time and in the same order by every rank; the members that
/// tell about a break may be read by any thread.</remarks>
internal interface IRendezvous : IAsyncDisposable
{
    /// <summary>This process's number, from 0.</summary>
    int Rank { get; }

    /// <summary>How many ranks the run has.</summary>
    int Count { get; }

    /// <summary>Canceled as soon as the run cannot go on: a rank is gone, or has said that it failed.</summary>
    CancellationToken Broken { get; }

    /// <summary>Throws what broke the run; does nothing while it is whole. Costs a read: loops that wait for a peer call it.</summary>
    /// <exception cref="BenchmarkException">Names the rank and what happened to it.</exception>
    void ThrowIfBroken();

    /// <summary>Gives every rank's blob to every rank. Returns when all have called it.</summary>
    /// <param name="label">What the ranks are doing, in a word or two; the same at every rank, and part of the message when one does not come.</param>
    /// <param name="blob">At most <see cref="RendezvousLimits.BlobBytesMax"/>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The blobs, by rank.</returns>
    /// <exception cref="BenchmarkException">A rank is gone or did not come in time: names it.</exception>
    Task<IReadOnlyList<byte[]>> AllGatherAsync(string label, ReadOnlyMemory<byte> blob, CancellationToken cancellation);

    /// <summary>Waits until every rank is here.</summary>
    /// <exception cref="BenchmarkException">A rank is gone or did not come in time: names it.</exception>
    async Task BarrierAsync(string label, CancellationToken cancellation) => await AllGatherAsync(label, default, cancellation);

    /// <summary>Tells the others that this rank has failed, and why; they end with it. Never throws.</summary>
    Task AbortAsync(string reason);

    /// <summary>Leaves in good order; disposing without it looks like a crash to the others.</summary>
    Task LeaveAsync();
}
