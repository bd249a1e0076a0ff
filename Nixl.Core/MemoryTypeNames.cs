namespace Nixl;

/// <summary>The names of <see cref="MemoryType"/> values: NIXL's own, and the others that its users write.</summary>
public static class MemoryTypeNames
{
    private static readonly (string Name, MemoryType Type)[] Known =
    [
        ("DRAM", MemoryType.Dram), ("cpu", MemoryType.Dram),
        ("VRAM", MemoryType.Vram), ("cuda", MemoryType.Vram),
        ("BLK", MemoryType.Block), ("block", MemoryType.Block),
        ("OBJ", MemoryType.Object), ("object", MemoryType.Object),
        ("FILE", MemoryType.File),
    ];

    /// <summary>NIXL's name of a memory type: <c>DRAM</c>, <c>VRAM</c>, <c>BLK</c>, <c>OBJ</c> or <c>FILE</c>.</summary>
    /// <remarks>A value that NIXL does not have is written as its number.</remarks>
    public static string ToName(MemoryType type) => type switch
    {
        MemoryType.Dram => "DRAM",
        MemoryType.Vram => "VRAM",
        MemoryType.Block => "BLK",
        MemoryType.Object => "OBJ",
        MemoryType.File => "FILE",
        _ => $"{(int)type}",
    };

    /// <summary>Reads a name in any case: <c>DRAM</c> or <c>cpu</c>, <c>VRAM</c> or <c>cuda</c>, <c>BLK</c> or <c>block</c>, <c>OBJ</c> or <c>object</c>,
    /// <c>FILE</c>.</summary>
    /// <returns>False when it is none of these; numbers are refused, too.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, out MemoryType type)
    {
        foreach (var (known, value) in Known)
        {
            if (name.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                type = value;
                return true;
            }
        }

        type = default;
        return false;
    }
}
