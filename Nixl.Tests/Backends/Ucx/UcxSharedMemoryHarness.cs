using Nixl.Backends.Ucx;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>UCX over shared memory, as between two processes of one host.</summary>
public sealed class UcxSharedMemoryHarness : UcxHarness
{
    /// <inheritdoc/>
    public override string? Unavailable => base.Unavailable ?? TooSmall();

    private protected override string Transports => "posix,cma,self";

    /// <inheritdoc/>
    public override int MeasuredOperations => 50_000;

    /// <summary>Asks the engine's own rule; every other reason is a failure, not a skip.</summary>
    private static string? TooSmall()
    {
        var options = new UcxOptions([new UcxSetting("TLS", "posix,cma,self", "parameter")], false, false);
        return SharedMemorySpace.TryAdapt(ref options, static _ => null, SharedMemorySpace.FreeBytes(), out _, out var fault) ? null : fault.Detail;
    }
}
