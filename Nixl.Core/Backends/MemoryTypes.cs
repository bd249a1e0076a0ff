using System.Diagnostics.CodeAnalysis;

namespace Nixl.Backends;

/// <summary>A set of <see cref="MemoryType"/> values, as a backend's capabilities state it.</summary>
[Flags]
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "Object is NIXL's term for object storage.")]
public enum MemoryTypes
{
    /// <summary>No memory type.</summary>
    None = 0,

    /// <summary>Host memory.</summary>
    Dram = 1 << MemoryType.Dram,

    /// <summary>Device memory.</summary>
    Vram = 1 << MemoryType.Vram,

    /// <summary>Block devices.</summary>
    Block = 1 << MemoryType.Block,

    /// <summary>Objects of an object store.</summary>
    Object = 1 << MemoryType.Object,

    /// <summary>Files.</summary>
    File = 1 << MemoryType.File,
}

/// <summary>Membership of a <see cref="MemoryType"/> in a <see cref="MemoryTypes"/> set.</summary>
public static class MemoryTypesExtensions
{
    /// <summary>Whether <paramref name="types"/> holds <paramref name="type"/>.</summary>
    public static bool Includes(this MemoryTypes types, MemoryType type) => ((int)types >> (int)type & 1) != 0;
}
