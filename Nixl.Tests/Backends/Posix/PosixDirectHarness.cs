namespace Nixl.Tests.Backends.Posix;

/// <summary>Files opened for direct I/O.</summary>
public abstract class PosixDirectHarness : PosixHarness
{
    public override string? Unavailable => QueueProbe.Direct;

    public override int Granularity => 4096;

    private protected override string Mode => "rw,direct";
}
