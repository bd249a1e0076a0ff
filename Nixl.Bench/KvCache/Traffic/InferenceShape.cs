namespace Nixl.Bench.KvCache.Traffic;

/// <summary>A disaggregated service whose traffic is made up.</summary>
/// <param name="PrefillRanks">Ranks that make caches; they come first.</param>
/// <param name="DecodeRanks">Ranks that get them.</param>
/// <param name="PrefillTensor">Ranks of a prefill worker.</param>
/// <param name="DecodeTensor">Ranks of a decode worker.</param>
/// <param name="Requests">How many requests.</param>
/// <param name="BatchSize">Requests that move together.</param>
/// <param name="MeanTokens">Length of prompts.</param>
/// <param name="DeviationTokens">Its deviation.</param>
/// <param name="MinTokens">The shortest.</param>
/// <param name="MaxTokens">The longest.</param>
/// <param name="Seed">Decides the lengths.</param>
internal sealed record InferenceShape(
    int PrefillRanks,
    int DecodeRanks,
    int PrefillTensor,
    int DecodeTensor,
    int Requests,
    int BatchSize,
    int MeanTokens,
    int DeviationTokens,
    int MinTokens,
    int MaxTokens,
    ulong Seed)
{
    private const int RequestsMax = 100_000;
    private const int TokensMax = 1 << 30;

    /// <summary>Pairs of a prefill and a decode worker.</summary>
    internal int Workers => PrefillRanks / PrefillTensor;

    /// <exception cref="BenchmarkException">Says what cannot be.</exception>
    internal InferenceShape Check()
    {
        int[] positive = [PrefillRanks, DecodeRanks, PrefillTensor, DecodeTensor, Requests, BatchSize, MinTokens, MeanTokens];
        if (positive.Any(static value => value < 1) || DeviationTokens < 0 || MinTokens > MaxTokens || MaxTokens > TokensMax || Requests > RequestsMax)
        {
            throw new BenchmarkException($"Ranks, sizes and lengths are at least 1, requests at most {RequestsMax}, prompts at most {TokensMax} tokens, the shortest no longer than the longest.");
        }

        if (PrefillRanks % PrefillTensor != 0 || DecodeRanks % DecodeTensor != 0 || PrefillRanks / PrefillTensor != DecodeRanks / DecodeTensor)
        {
            throw new BenchmarkException(
                $"{PrefillRanks} ranks by {PrefillTensor} and {DecodeRanks} ranks by {DecodeTensor} are not as many prefill workers as decode workers: each of one serves one of the other.");
        }

        return DecodeTensor % PrefillTensor == 0 ? this
            : throw new BenchmarkException($"A prefill rank of {PrefillTensor} sends to a whole number of {DecodeTensor} decode ranks: the first must divide the second.");
    }
}
