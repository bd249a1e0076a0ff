using System.Runtime.InteropServices;

namespace Nixl.Backends;

/// <summary>What an engine is asked to register.</summary>
/// <param name="Type">Memory type of the range.</param>
/// <param name="Range">The range itself. The agent has checked that address plus length does not overflow.</param>
/// <param name="MetaInfo">The user's own bytes for this range: an object key, a path, or empty.</param>
/// <param name="Backing">The memory object behind the range where the agent allocated it, else null. Borrowed: valid until the range is deregistered; where the
/// caller registered a part of it by address, until the caller disposes the memory.</param>
public readonly record struct MemoryRegion(MemoryType Type, MemoryDescriptor Range, ReadOnlyMemory<byte> MetaInfo = default, BackingObject? Backing = null);

/// <summary>The kernel object that backs a range of DRAM, so that an engine can share it or map it again.</summary>
/// <param name="Handle">The descriptor of the object; owned by the memory, only borrowed by an engine.</param>
/// <param name="Offset">Byte offset of the range inside the object.</param>
public sealed record BackingObject(SafeHandle Handle, long Offset);
