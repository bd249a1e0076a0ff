namespace Nixl.Tests.Backends.Ucx;

/// <summary>UCX over shared memory, as between two processes of one host.</summary>
public sealed class UcxSharedMemoryHarness : UcxHarness
{
    private protected override string Transports => "posix,cma,self";

    /// <inheritdoc/>
    public override int MeasuredOperations => 50_000;
}
