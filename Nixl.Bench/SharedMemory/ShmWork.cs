namespace Nixl.Bench.SharedMemory;

/// <summary>What the agent does once.</summary>
internal enum ShmWork
{
    /// <summary>One contiguous write, posted and checked to its end.</summary>
    Write,

    /// <summary>One contiguous read.</summary>
    Read,

    /// <summary>One transfer of scattered blocks.</summary>
    WriteBlocks,

    /// <summary>A notification to the target, which polls, and its answer.</summary>
    EchoAwake,

    /// <summary>A notification to the target, which waits, and its answer, waited for.</summary>
    EchoAsleep,
}
