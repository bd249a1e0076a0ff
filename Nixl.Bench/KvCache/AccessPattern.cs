namespace Nixl.Bench.KvCache;

/// <summary>What one I/O moves.</summary>
internal enum AccessPattern
{
    /// <summary>A page of all layers of a pipeline stage.</summary>
    Block,

    /// <summary>A page of one layer.</summary>
    Layer,
}
