namespace Nixl.Tests.Backends.Posix;

/// <summary>Files opened for direct I/O.</summary>
public abstract class PosixDirectHarness : PosixHarness
{
    public override string? Unavailable => QueueProbe.Direct;

    // A disk takes its time; the test's own, and what the runtime allocates meanwhile, stays small with fewer.
    public override int MeasuredOperations => 1_000;

    public override int Granularity => 4096;

    private protected override string Mode => "rw,direct";
}
