namespace Nixl.Bench.SharedMemory;

/// <summary>Where the target's memory comes from.</summary>
internal enum ShmMemoryKind
{
    /// <summary>From the agent: peers can map it.</summary>
    Allocated,

    /// <summary>From elsewhere, registered by address: the kernel copies.</summary>
    Other,
}
