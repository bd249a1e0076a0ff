namespace Nixl.Bench.KvCache;

/// <summary>In what keys and values are stored.</summary>
internal enum KvPrecision
{
    /// <summary>1 byte; what the plans of NIXL's documents assume.</summary>
    Fp8,

    /// <summary>1 byte.</summary>
    Int8,

    /// <summary>2 bytes.</summary>
    Fp16,

    /// <summary>2 bytes.</summary>
    BFloat16,

    /// <summary>4 bytes.</summary>
    Fp32,
}
