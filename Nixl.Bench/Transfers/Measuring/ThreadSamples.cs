namespace Nixl.Bench.Transfers.Measuring;

/// <summary>What one thread notes about its transfers.</summary>
internal sealed class ThreadSamples(int capacity)
{
    /// <summary>From before the post to the end.</summary>
    internal Samples Latency { get; } = new(capacity);

    /// <summary>Making the transfer: each that was made.</summary>
    internal Samples Prepare { get; } = new(capacity);

    /// <summary>The call that posts.</summary>
    internal Samples Post { get; } = new(capacity);

    /// <summary>From after the post to the end.</summary>
    internal Samples Transfer { get; } = new(capacity);

    internal void Clear()
    {
        Latency.Clear();
        Prepare.Clear();
        Post.Clear();
        Transfer.Clear();
    }
}
