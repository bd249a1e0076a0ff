namespace Nixl;

/// <summary>How the agent allocates memory. What a machine cannot give of <see cref="HugePages"/> and <see cref="NumaNode"/> does not fail the allocation: it is
/// reported by <see cref="NixlMemory.HugePageBytes"/>, <see cref="NixlMemory.NumaNode"/> and <see cref="NixlMemory.Shortfalls"/>.</summary>
public sealed record MemoryAllocationOptions
{
    /// <summary>Asks for 2 MiB pages in every whole 2 MiB of the memory. Needs <see cref="Populate"/>. They make scattered access to large memory faster
    /// and registration cheaper; sequential copies gain nothing.</summary>
    public bool HugePages { get; init; }

    /// <summary>The NUMA node to take the pages from, 0 to 1023, or null for the kernel's choice. The node is preferred, not enforced: a full node would
    /// otherwise get the process killed.</summary>
    public int? NumaNode { get; init; }

    /// <summary>Takes every page now, so that a shortage of memory is an error here and not a fatal signal at the first touch. With false, pages come with
    /// their first touch.</summary>
    public bool Populate { get; init; } = true;

    /// <summary>Lets peers that map the memory only read it: it is sealed against further writable mappings (Linux 5.1). This keeps out mistakes, and other users;
    /// a process of the same user that means to can still write through the kernel.</summary>
    public bool ReadOnlyToPeers { get; init; }

    /// <summary>A name for the memory in <c>/proc/PID/maps</c>, at most 249 bytes of UTF-8, or null for <c>nixl</c>. Purely informative; need not be unique.</summary>
    public string? Name { get; init; }
}
