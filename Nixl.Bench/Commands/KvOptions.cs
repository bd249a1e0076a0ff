using System.CommandLine;
using Nixl.Bench.KvCache;

namespace Nixl.Bench.Commands;

/// <summary>The options that say which caches: of <c>kv plan</c>, <c>kv kvcache</c> and <c>kv profile</c>.</summary>
internal sealed class KvOptions
{
    private readonly Option<string> _model = new("--model") { Required = true, Description = $"A known model ({string.Join(", ", KnownModels.All.Select(static model => model.Name))}) or a JSON file that describes one." };
    private readonly Option<string[]> _configs = new("--model_config") { Description = "A workload as JSON; several for several plans. The options below count before it.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> _input = new("--isl") { Description = "Tokens of a prompt (10000)." };
    private readonly Option<int?> _output = new("--osl") { Description = "Tokens that are generated (1); told, not moved." };
    private readonly Option<int?> _requests = new("--num_requests") { Description = "How many requests (10)." };
    private readonly Option<int?> _page = new("--page_size") { Description = "Tokens of a page (256)." };
    private readonly Option<int?> _tensor = new("--tp") { Description = "Processes that share each layer (1)." };
    private readonly Option<int?> _pipeline = new("--pp") { Description = "Processes that share the layers (1)." };
    private readonly Option<AccessPattern?> _access = new("--access_pattern") { Description = "An I/O is a page of all layers of a stage (block) or of one (layer)." };
    private readonly Option<KvPrecision?> _precision = new("--precision") { Description = "fp8 (the default, as upstream's), int8, fp16, bfloat16 or fp32." };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_model, _configs, _input, _output, _requests, _page, _tensor, _pipeline, _access, _precision])
        {
            command.Add(option);
        }
    }

    /// <summary>A plan per configuration; one without any.</summary>
    /// <exception cref="BenchmarkException">Says what cannot be.</exception>
    internal IReadOnlyList<KvPlan> Plans(ParseResult parsed)
    {
        var model = KnownModels.Find(parsed.GetValue(_model)!);
        string[] configs = parsed.GetValue(_configs) ?? [];
        IEnumerable<KvWorkload> workloads = configs.Length == 0 ? [new KvWorkload()] : configs.Select(WorkloadFile.Read);
        return [.. workloads.Select(workload => KvPlan.Of(model, Override(workload, parsed)))];
    }

    private KvWorkload Override(KvWorkload workload, ParseResult parsed) => workload with
    {
        InputTokens = parsed.GetValue(_input) ?? workload.InputTokens,
        OutputTokens = parsed.GetValue(_output) ?? workload.OutputTokens,
        Requests = parsed.GetValue(_requests) ?? workload.Requests,
        PageTokens = parsed.GetValue(_page) ?? workload.PageTokens,
        TensorParallel = parsed.GetValue(_tensor) ?? workload.TensorParallel,
        PipelineParallel = parsed.GetValue(_pipeline) ?? workload.PipelineParallel,
        Access = parsed.GetValue(_access) ?? workload.Access,
        Precision = parsed.GetValue(_precision) ?? workload.Precision,
    };
}
