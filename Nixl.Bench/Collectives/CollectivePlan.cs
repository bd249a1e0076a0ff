namespace Nixl.Bench.Collectives;

/// <summary>What is reduced and how it is measured.</summary>
/// <param name="Sizes">Bytes of each rank's contribution.</param>
/// <param name="Element">What is summed.</param>
/// <param name="Iterations">Operations per measurement.</param>
/// <param name="Warmup">Operations before it that are not measured.</param>
/// <param name="Limit">How long a rank waits for another within an operation.</param>
internal sealed record CollectivePlan(IReadOnlyList<long> Sizes, ElementKind Element, int Iterations, int Warmup, TimeSpan Limit)
{
    private const int CountMax = 10_000_000;

    /// <exception cref="BenchmarkException">Says what cannot be.</exception>
    internal CollectivePlan Check(int ranks)
    {
        if (ranks < 2)
        {
            throw new BenchmarkException("A collective operation needs at least 2 ranks.");
        }

        if (Sizes.Count == 0 || Iterations is < 1 or > CountMax || Warmup is < 0 or > CountMax)
        {
            throw new BenchmarkException($"Name at least one size, 1 to {CountMax} iterations and 0 to {CountMax} for warm-up.");
        }

        var size = Elements.Size(Element);
        var odd = Sizes.Where(bytes => bytes % size != 0).Take(1).ToList();
        return odd.Count == 0 ? this : throw new BenchmarkException($"{odd[0]} bytes are no whole number of elements of {size} bytes.");
    }
}
