namespace Nixl.Samples.LoadWeights;

/// <summary>One object of a model.</summary>
/// <param name="Key">Its key in the bucket.</param>
/// <param name="Offset">Where it lies in the model's memory.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record Shard(string Key, long Offset, long Bytes);
