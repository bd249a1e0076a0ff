using System.Text.Json;

namespace Nixl.Bench.KvCache;

/// <summary>A model's geometry in JSON, under the names of NIXL's model files. Those are YAML, which is not read: as JSON they are.</summary>
internal static class ModelFile
{
    /// <exception cref="BenchmarkException">The file cannot be read or describes no model.</exception>
    internal static ModelGeometry Read(string path)
    {
        using var json = JsonFile.Read(path);
        var root = json.RootElement;
        var name = root.TryGetProperty("model_name", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : Path.GetFileNameWithoutExtension(path);
        var layers = JsonFile.Number(root, "num_layers", path) ?? throw Incomplete(path, "num_layers");
        if (JsonFile.Number(root, "mla_latent_vector_dimension", path) is { } latent)
        {
            return new ModelGeometry(name, layers, 0, 0, Sum(latent, JsonFile.Number(root, "rope_mla_dimension", path) ?? 0, path)).Check();
        }

        var heads = JsonFile.Number(root, "num_kv_heads", path) ?? Grouped(root, path) ?? throw Incomplete(path, "num_kv_heads, or num_query_heads_with_mha and gqa_num_queries_in_group");
        var dimension = JsonFile.Number(root, "query_head_dimension", path) ?? throw Incomplete(path, "query_head_dimension");
        return ModelGeometry.Grouped(name, layers, heads, dimension).Check();
    }

    private static int? Grouped(JsonElement root, string path)
    {
        if (JsonFile.Number(root, "num_query_heads_with_mha", path) is not { } heads || JsonFile.Number(root, "gqa_num_queries_in_group", path) is not { } group)
        {
            return null;
        }

        return group > 0 && heads % group == 0 ? heads / group
            : throw new BenchmarkException($"{path}: {heads} query heads do not form groups of {group}.");
    }

    private static int Sum(int latent, int rotary, string path)
        => latent > 0 && rotary >= 0 && latent <= int.MaxValue - rotary ? latent + rotary
            : throw new BenchmarkException($"{path}: a latent vector of {latent} and {rotary} elements cannot be.");

    private static BenchmarkException Incomplete(string path, string name) => new($"{path} does not say {name}.");
}
