using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Moves;

/// <summary>What the movers of a suite share: the peer, this side's memory, and the thread that blocking ones run on.</summary>
internal sealed class MoveStage : IAsyncDisposable
{
    private readonly NixlAgent _owner;
    private readonly ProcessBinding? _binding;

    private MoveStage(PeerProcess peer, NixlAgent owner, long bytes, ProcessorPair? processors)
    {
        (Peer, _owner) = (peer, owner);
        Memory = owner.AllocateMemory(bytes);
        _binding = ProcessBinding.To(processors?.Client);
        Thread = new BoundThread(processors?.Client);
    }

    /// <summary>The process on the other side.</summary>
    internal PeerProcess Peer { get; }

    /// <summary>Where the bytes come from; allocated and touched.</summary>
    internal NixlMemory Memory { get; }

    /// <summary>Runs what blocks.</summary>
    internal BoundThread Thread { get; }

    /// <summary>As much memory again, for a contender that stays in this process; the contender's to dispose.</summary>
    internal NixlMemory AllocateMore() => _owner.AllocateMemory(Memory.Length);

    internal static async Task<MoveStage> OpenAsync(ComparePlan plan, long bytes, CancellationToken cancellation)
    {
        // Before this process is bound: what the runtime makes of the number of processors is then the same on both sides.
        var peer = await PeerProcess.StartAsync(bytes, plan.Processors?.Target, cancellation);
        var owner = new NixlAgent("compare-memory", new NixlAgentOptions { CreateDefaultBackends = false });
        try
        {
            return new MoveStage(peer, owner, bytes, plan.Processors);
        }
        catch
        {
            await owner.DisposeAsync();
            await peer.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Thread.Dispose();
        await Peer.DisposeAsync();
        ((IDisposable)Memory).Dispose();
        await _owner.DisposeAsync();
        _binding?.Dispose();
    }
}
