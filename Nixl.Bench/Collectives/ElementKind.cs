namespace Nixl.Bench.Collectives;

/// <summary>What is summed.</summary>
internal enum ElementKind
{
    /// <summary>4 bytes.</summary>
    Float32,

    /// <summary>4 bytes; sums wrap around.</summary>
    Int32,

    /// <summary>8 bytes.</summary>
    Float64,
}
