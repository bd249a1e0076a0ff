namespace Nixl.Bench.KvCache;

/// <summary>What moving the caches of a workload takes.</summary>
/// <param name="Model">The model.</param>
/// <param name="Workload">How it is served.</param>
/// <param name="BytesPerToken">Of all layers.</param>
/// <param name="PromptBytes">The caches of all prompts.</param>
/// <param name="OutputBytes">What the generated tokens add to them.</param>
/// <param name="IoBytes">One I/O of one process: the block of a benchmark.</param>
/// <param name="Batch">How many of them make up the prompts' caches: the descriptors, and the batch of a benchmark.</param>
internal sealed record KvPlan(ModelGeometry Model, KvWorkload Workload, long BytesPerToken, long PromptBytes, long OutputBytes, long IoBytes, long Batch)
{
    /// <exception cref="BenchmarkException">Model and workload do not fit, or the sizes leave 64 bits.</exception>
    internal static KvPlan Of(ModelGeometry model, KvWorkload workload)
    {
        model.Check();
        workload.Check();
        var layerBytes = Shared(model, workload);
        try
        {
            checked
            {
                var perToken = model.ElementsPerToken * workload.ElementBytes * model.Layers;
                var prompts = perToken * workload.InputTokens * workload.Requests;
                var output = perToken * workload.OutputTokens * workload.Requests;
                var io = layerBytes * workload.PageTokens * (workload.Access == AccessPattern.Block ? StageLayers(model, workload) : 1);
                return new KvPlan(model, workload, perToken, prompts, output, io, (prompts / io) + (prompts % io == 0 ? 0 : 1));
            }
        }
        catch (OverflowException)
        {
            throw new BenchmarkException("The caches of this workload have more bytes than 64 bits can count.");
        }
    }

    /// <summary>Layers of the largest stage: whole ones, so that the last stage may have fewer.</summary>
    private static int StageLayers(ModelGeometry model, KvWorkload workload)
        => workload.PipelineParallel <= model.Layers
            ? ((model.Layers - 1) / workload.PipelineParallel) + 1
            : throw new BenchmarkException($"{model.Layers} layers of {model.Name} cannot be divided among {workload.PipelineParallel} stages (pp).");

    /// <summary>A process's bytes per token and layer.</summary>
    private static long Shared(ModelGeometry model, KvWorkload workload)
    {
        var bytes = model.ElementsPerToken * workload.ElementBytes;
        var (parts, what) = model.IsLatent ? (bytes, "bytes of the latent vector") : (model.KeyValueHeads, "heads of keys and values");
        _ = StageLayers(model, workload);
        return parts % workload.TensorParallel == 0
            ? bytes / workload.TensorParallel
            : throw new BenchmarkException($"The {parts} {what} of {model.Name} cannot be divided among {workload.TensorParallel} processes (tp).");
    }
}
