namespace Nixl.Tests.Backends.Posix;

/// <summary>Nothing named: threads, for files through the page cache.</summary>
public sealed class PosixDefaultHarness : PosixHarness
{
    private protected override (string Name, string Value)[] Parameters => [];
}

/// <summary>Nothing named: io_uring where the kernel has it, for direct I/O.</summary>
public sealed class PosixDefaultDirectHarness : PosixDirectHarness
{
    private protected override (string Name, string Value)[] Parameters => [];
}

/// <summary>Threads, by the name that upstream has for them.</summary>
public sealed class PosixThreadsHarness : PosixHarness
{
    private protected override (string Name, string Value)[] Parameters => [("use_posix_aio", "true")];
}

/// <summary>io_uring through the page cache.</summary>
public sealed class PosixUringHarness : PosixHarness
{
    public override string? Unavailable => QueueProbe.Uring;

    // Each write goes through a thread of the kernel's.
    public override int MeasuredOperations => 2_000;

    private protected override (string Name, string Value)[] Parameters => [("use_uring", "true")];
}

/// <summary>io_uring with direct I/O and a short queue, so that large transfers are issued in many steps.</summary>
public sealed class PosixUringDirectHarness : PosixDirectHarness
{
    public override string? Unavailable => QueueProbe.Uring ?? base.Unavailable;

    private protected override (string Name, string Value)[] Parameters => [("use_uring", "true"), ("kernel_queue_size", "32")];
}

/// <summary>io_uring with direct I/O and registered memory.</summary>
public sealed class PosixUringFixedHarness : PosixDirectHarness
{
    public override string? Unavailable => QueueProbe.Uring ?? base.Unavailable;

    private protected override (string Name, string Value)[] Parameters => [("use_uring", "true"), ("register_buffers", "true")];
}

/// <summary>Linux AIO through the page cache.</summary>
public sealed class PosixAioHarness : PosixHarness
{
    public override string? Unavailable => QueueProbe.Aio;

    private protected override (string Name, string Value)[] Parameters => [("use_aio", "true")];
}

/// <summary>Linux AIO with direct I/O and a short queue.</summary>
public sealed class PosixAioDirectHarness : PosixDirectHarness
{
    public override string? Unavailable => QueueProbe.Aio ?? base.Unavailable;

    private protected override (string Name, string Value)[] Parameters => [("use_aio", "true"), ("kernel_queue_size", "32")];
}
