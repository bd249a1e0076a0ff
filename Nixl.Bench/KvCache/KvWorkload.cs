namespace Nixl.Bench.KvCache;

/// <summary>How a model is served.</summary>
internal sealed record KvWorkload
{
    private const int CountMax = 1 << 30;
    private const int ParallelMax = 1 << 16;

    /// <summary>Tokens of a prompt (ISL).</summary>
    internal int InputTokens { get; init; } = 10_000;

    /// <summary>Tokens that are generated (OSL). They fill the cache where they are made; a plan moves the prompt's.</summary>
    internal int OutputTokens { get; init; } = 1;

    /// <summary>Requests whose caches are moved.</summary>
    internal int Requests { get; init; } = 10;

    /// <summary>Tokens of a page.</summary>
    internal int PageTokens { get; init; } = 256;

    /// <summary>Processes that share each layer.</summary>
    internal int TensorParallel { get; init; } = 1;

    /// <summary>Processes that share the layers.</summary>
    internal int PipelineParallel { get; init; } = 1;

    internal AccessPattern Access { get; init; }

    internal KvPrecision Precision { get; init; }

    /// <summary>Bytes of an element.</summary>
    internal int ElementBytes => Precision switch
    {
        KvPrecision.Fp32 => 4,
        KvPrecision.Fp16 or KvPrecision.BFloat16 => 2,
        _ => 1,
    };

    /// <exception cref="BenchmarkException">Says what cannot be.</exception>
    internal KvWorkload Check()
    {
        Require(InputTokens, CountMax, "isl");
        Require(OutputTokens, CountMax, "osl");
        Require(Requests, CountMax, "num_requests");
        Require(PageTokens, CountMax, "page_size");
        Require(TensorParallel, ParallelMax, "tp");
        Require(PipelineParallel, ParallelMax, "pp");
        return this;
    }

    private static void Require(int value, int max, string name)
    {
        if (value < 1 || value > max)
        {
            throw new BenchmarkException($"{name} cannot be {value}: it takes 1 to {max}.");
        }
    }
}
