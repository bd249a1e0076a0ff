using System.CommandLine;
using Nixl.Bench.KvCache;
using Nixl.Bench.KvCache.Traffic;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench kv matgen</c>: makes up the traffic of a disaggregated service; the seed decides it.</summary>
internal static class MatrixGeneratorCommand
{
    internal static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, Description = "A known model or a JSON file that describes one." };
        var precision = new Option<KvPrecision>("--precision") { Description = "fp8, int8, fp16, bfloat16 or fp32.", DefaultValueFactory = static _ => KvPrecision.Fp16 };
        var folder = new Option<DirectoryInfo>("--results-dir") { Required = true, Description = "Where the matrices and metadata.json go." };
        var prefill = Number("--num-prefill-nodes", "Ranks that make caches.", 2);
        var decode = Number("--num-decode-nodes", "Ranks that get them.", 2);
        var prefillTensor = Number("--prefill-tp", "Ranks of a prefill worker.", 1);
        var decodeTensor = Number("--decode-tp", "Ranks of a decode worker.", 1);
        var requests = Number("--num-user-requests", "How many requests.", 10);
        var batch = Number("--batch-size", "Requests that move together.", 1);
        var mean = Number("--isl-mean", "Tokens of a prompt.", 16_000);
        var deviation = Number("--isl-scale", "Their deviation.", 10_000);
        var min = Number("--min-isl", "The shortest prompt.", 1_000);
        var max = Number("--max-isl", "The longest prompt.", 128_000);
        var seed = new Option<ulong>("--seed") { Description = "Decides the lengths: the same seed, the same files.", DefaultValueFactory = static _ => 1 };
        var command = new Command("matgen", "Make up the traffic matrices of a disaggregated service, for kv matrix.")
        {
            model, precision, folder, prefill, decode, prefillTensor, decodeTensor, requests, batch, mean, deviation, min, max, seed,
        };
        command.SetAction(parsed =>
        {
            int Get(Option<int> option) => parsed.GetValue(option);
            var shape = new InferenceShape(
                Get(prefill), Get(decode), Get(prefillTensor), Get(decodeTensor), Get(requests), Get(batch), Get(mean), Get(deviation), Get(min), Get(max), parsed.GetValue(seed));
            var matrices = MatrixGenerator.Generate(KnownModels.Find(parsed.GetValue(model)!), parsed.GetValue(precision), shape);
            Console.WriteLine($"{matrices.Count} matrices: {MatrixGenerator.Write(parsed.GetValue(folder)!.FullName, matrices)}");
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int value)
        => new(name, $"--{name[2..].Replace('-', '_')}") { Description = description, DefaultValueFactory = _ => value };
}
