namespace Nixl.Bench.KvCache;

/// <summary>The models whose geometry is built in; figures from the configuration files that their makers publish.</summary>
internal static class KnownModels
{
    internal static IReadOnlyList<ModelGeometry> All { get; } =
    [
        ModelGeometry.Latent("DEEPSEEK_R1", 61, 512, 64),
        ModelGeometry.Grouped("LLAMA3.1_8B", 32, 8, 128),
        ModelGeometry.Grouped("LLAMA3.1_70B", 80, 8, 128),
        ModelGeometry.Grouped("GPT_OSS_20B", 24, 8, 64),
        ModelGeometry.Grouped("GPT_OSS_120B", 36, 8, 64),
        ModelGeometry.Grouped("QWEN3_8B", 36, 8, 128),
        ModelGeometry.Grouped("QWEN3_235B_A22B", 94, 4, 128),
    ];

    /// <summary>A built-in model by its name, in any spelling of case and separators (llama-3.1-8b), or the one that a JSON file describes.</summary>
    /// <exception cref="BenchmarkException">It is neither.</exception>
    internal static ModelGeometry Find(string nameOrFile)
    {
        var plain = Plain(nameOrFile);
        return All.FirstOrDefault(model => Plain(model.Name) == plain)
            ?? (File.Exists(nameOrFile) ? ModelFile.Read(nameOrFile)
                : throw new BenchmarkException($"'{nameOrFile}' is neither a file nor a known model: {string.Join(", ", All.Select(static model => model.Name))}."));
    }

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();
}
