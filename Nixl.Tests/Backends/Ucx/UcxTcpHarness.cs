using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>UCX over loopback TCP, as between two hosts.</summary>
public sealed class UcxTcpHarness : UcxHarness
{
    private protected override string Transports => "tcp,self";

    /// <inheritdoc/>
    public override BackendTraits Traits => base.Traits | BackendTraits.NoticesVanishedPeers;

    /// <inheritdoc/>
    public override int MeasuredOperations => 10_000;
}
