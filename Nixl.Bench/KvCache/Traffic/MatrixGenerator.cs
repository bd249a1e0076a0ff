using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nixl.Bench.KvCache.Traffic;

/// <summary>Makes up the matrices of a disaggregated service: each batch of requests moves from one prefill worker to its decode worker. The same seed, the same files.</summary>
internal static class MatrixGenerator
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The matrices, each with its tokens.</summary>
    /// <exception cref="BenchmarkException">Model and shape do not fit.</exception>
    internal static IReadOnlyList<(string Text, long Tokens)> Generate(ModelGeometry model, KvPrecision precision, InferenceShape shape)
    {
        shape.Check();
        var perToken = KvPlan.Of(model, new KvWorkload { Precision = precision, TensorParallel = shape.DecodeTensor }).BytesPerToken;
        var random = new SplitMix(shape.Seed);
        long[] lengths = [.. Enumerable.Range(0, shape.Requests).Select(_ => Math.Clamp(random.NextNormal(shape.MeanTokens, shape.DeviationTokens), shape.MinTokens, shape.MaxTokens))];
        return [.. lengths.Chunk(shape.BatchSize).Select((batch, index) => (Matrix(shape, index % shape.Workers, Bytes(batch.Sum(), perToken)), batch.Sum()))];
    }

    /// <summary>Writes the matrices and the list of them.</summary>
    /// <returns>The list's file.</returns>
    internal static string Write(string folder, IReadOnlyList<(string Text, long Tokens)> matrices)
    {
        Directory.CreateDirectory(folder);
        var patterns = matrices.Select((matrix, index) =>
        {
            var file = string.Create(CultureInfo.InvariantCulture, $"matrix_{index}.txt");
            File.WriteAllText(Path.Combine(folder, file), matrix.Text);
            return new { matrix_file = file, metadata = new { isl = matrix.Tokens } };
        }).ToList();
        var list = Path.Combine(folder, "metadata.json");
        File.WriteAllText(list, JsonSerializer.Serialize(new { traffic_patterns = patterns }, Indented));
        return list;
    }

    private static long Bytes(long tokens, long perToken)
    {
        try
        {
            return checked(tokens * perToken);
        }
        catch (OverflowException)
        {
            throw new BenchmarkException("A batch has more bytes than 64 bits can count.");
        }
    }

    private static string Matrix(InferenceShape shape, int worker, long bytes)
    {
        var ranks = shape.PrefillRanks + shape.DecodeRanks;
        var peers = shape.DecodeTensor / shape.PrefillTensor;
        var text = new StringBuilder();
        for (var sender = 0; sender < ranks; sender++)
        {
            var place = sender - (worker * shape.PrefillTensor);
            var sends = sender < shape.PrefillRanks && place >= 0 && place < shape.PrefillTensor;
            var first = shape.PrefillRanks + (worker * shape.DecodeTensor) + (place * peers);
            text.AppendJoin(' ', Enumerable.Range(0, ranks).Select(receiver => sends && receiver >= first && receiver < first + peers ? bytes / shape.DecodeTensor : 0));
            text.Append('\n');
        }

        return text.ToString();
    }
}
