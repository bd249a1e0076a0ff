using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>UCX over loopback TCP with several workers, and threads that take the pieces of every list of more than three.</summary>
public sealed class UcxThreadsHarness : UcxHarness
{
    private protected override string Transports => "tcp,self";

    /// <inheritdoc/>
    public override BackendTraits Traits => base.Traits | BackendTraits.NoticesVanishedPeers;

    /// <inheritdoc/>
    public override int MeasuredOperations => 2_000;

    /// <inheritdoc/>
    public override void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra)
        => base.AddTo(backends, [("num_workers", "4"), ("num_threads", "2"), ("split_batch_size", "4"), .. extra]);
}
