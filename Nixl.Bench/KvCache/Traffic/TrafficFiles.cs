using System.Text.Json;

namespace Nixl.Bench.KvCache.Traffic;

/// <summary>Matrices of files: of a matrix each, or of a JSON list of them as the generator writes it.</summary>
internal static class TrafficFiles
{
    private const int MatricesMax = 100_000;

    /// <exception cref="BenchmarkException">A file cannot be read, or the matrices are of different numbers of ranks.</exception>
    internal static IReadOnlyList<TrafficMatrix> Read(IEnumerable<string> paths)
    {
        List<TrafficMatrix> matrices = [.. paths.SelectMany(Expand).Take(MatricesMax).Select(TrafficMatrix.Read)];
        var other = matrices.Find(matrix => matrix.Ranks != matrices[0].Ranks);
        return matrices.Count == 0 ? throw new BenchmarkException("There is no matrix.")
            : other is null ? matrices
            : throw new BenchmarkException($"{matrices[0].Name} has {matrices[0].Ranks} ranks and {other.Name} has {other.Ranks}.");
    }

    private static IEnumerable<string> Expand(string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return [path];
        }

        using var json = JsonFile.Read(path);
        if (!json.RootElement.TryGetProperty("traffic_patterns", out var patterns) || patterns.ValueKind != JsonValueKind.Array)
        {
            throw new BenchmarkException($"{path} has no list traffic_patterns.");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return [.. patterns.EnumerateArray().Select(pattern => Path.Combine(folder, FileOf(pattern, path)))];
    }

    private static string FileOf(JsonElement pattern, string path)
        => pattern.ValueKind == JsonValueKind.Object && pattern.TryGetProperty("matrix_file", out var file) && file.ValueKind == JsonValueKind.String
            ? file.GetString()! : throw new BenchmarkException($"{path}: a traffic pattern names no matrix_file.");
}
