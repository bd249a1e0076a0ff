using Nixl.Backends.Ucx;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>UCX over shared memory, as between two processes of one host.</summary>
public sealed class UcxSharedMemoryHarness : UcxHarness
{
    /// <inheritdoc/>
    public override string? Unavailable => base.Unavailable ?? TooSmall();

    /// <inheritdoc/>
    /// <remarks>From 1.19 on the kernel copies to and from the other process; 1.13 does so only with memory that libucp allocated itself.</remarks>
    public override BackendTraits Traits
        => base.Traits | (base.Unavailable is null && UcpLibrary.Release >= PeerCompatibility.Boundary ? BackendTraits.ReachesMemoryWithoutItsAgent : 0);

    private protected override string Transports => "posix,cma,self";

    /// <inheritdoc/>
    public override int MeasuredOperations => 50_000;

    /// <summary>Asks the engine's own rule; every other reason is a failure, not a skip.</summary>
    private static string? TooSmall()
    {
        var options = new UcxConfiguration([new UcxSetting("TLS", "posix,cma,self", "parameter")], false, false);
        return SharedMemorySpace.TryAdapt(ref options, static _ => null, SharedMemorySpace.FreeBytes(), out _, out var fault) ? null : fault.Detail;
    }
}
