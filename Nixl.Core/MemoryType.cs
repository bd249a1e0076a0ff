using System.Diagnostics.CodeAnalysis;

namespace Nixl;

/// <summary>What kind of memory a descriptor names. The values are upstream's <c>nixl_mem_t</c> and go on the wire as four bytes.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "Object is NIXL's term for object storage.")]
public enum MemoryType
{
    /// <summary>Host memory; a descriptor's address is a virtual address of the owning process.</summary>
    Dram = 0,

    /// <summary>Device memory; the device id is the device's ordinal.</summary>
    Vram = 1,

    /// <summary>A block device; the address is a byte offset.</summary>
    Block = 2,

    /// <summary>An object in an object store; the address is a byte offset.</summary>
    Object = 3,

    /// <summary>A file; the address is a byte offset.</summary>
    File = 4,
}
