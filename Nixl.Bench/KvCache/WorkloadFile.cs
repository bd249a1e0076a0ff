using System.Text.Json;

namespace Nixl.Bench.KvCache;

/// <summary>A workload in JSON, in the sections and under the names of NIXL's configuration files; without sections is right, too.</summary>
internal static class WorkloadFile
{
    private static readonly string[] Sections = ["strategy", "runtime", "system"];

    /// <exception cref="BenchmarkException">The file cannot be read, or a value cannot be.</exception>
    internal static KvWorkload Read(string path)
    {
        using var json = JsonFile.Read(path);
        var workload = Apply(new KvWorkload(), json.RootElement, path);
        foreach (var section in Sections)
        {
            if (json.RootElement.TryGetProperty(section, out var part) && part.ValueKind == JsonValueKind.Object)
            {
                workload = Apply(workload, part, path);
            }
        }

        return workload;
    }

    private static KvWorkload Apply(KvWorkload workload, JsonElement part, string path) => workload with
    {
        TensorParallel = JsonFile.Number(part, "tp_size", path) ?? workload.TensorParallel,
        PipelineParallel = JsonFile.Number(part, "pp_size", path) ?? workload.PipelineParallel,
        InputTokens = JsonFile.Number(part, "isl", path) ?? workload.InputTokens,
        OutputTokens = JsonFile.Number(part, "osl", path) ?? workload.OutputTokens,
        Requests = JsonFile.Number(part, "num_requests", path) ?? workload.Requests,
        PageTokens = JsonFile.Number(part, "page_size", path) ?? workload.PageTokens,
        Access = Word<AccessPattern>(part, "access_pattern", path) ?? workload.Access,
        Precision = Word<KvPrecision>(part, "kvcache_quant_mode", path) ?? workload.Precision,
    };

    private static T? Word<T>(JsonElement part, string name, string path)
        where T : struct, Enum
        => !part.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
            : value.ValueKind == JsonValueKind.String && Enum.TryParse<T>(value.GetString(), ignoreCase: true, out var word) && Enum.IsDefined(word) ? word
            : throw new BenchmarkException($"{path}: {name} takes {string.Join(", ", Enum.GetNames<T>())}.");
}
