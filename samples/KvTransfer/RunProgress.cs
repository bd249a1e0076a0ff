namespace Nixl.Samples.KvTransfer;

/// <summary>What the display shows while the run goes on.</summary>
internal sealed class RunProgress(SampleOptions options)
{
    public ProgressCounter Computed { get; } = new("prefill computes", options.Geometry.PoolBytes * options.LastGeneration);

    public ProgressCounter Read { get; } = new("decode reads", options.Geometry.PoolBytes * options.LastGeneration);

    public ProgressCounter Verified { get; } = new("decode verifies", options.Geometry.PoolBytes * options.LastGeneration);

    public IEnumerable<ProgressCounter> Counters => [Computed, Read, Verified];
}
