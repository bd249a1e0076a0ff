using System.Text.Json;

namespace Nixl.Bench.KvCache;

/// <summary>Small JSON files of the user's.</summary>
internal static class JsonFile
{
    private const int BytesMax = 1 << 20;

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <exception cref="BenchmarkException">It cannot be read, or is no JSON object.</exception>
    internal static JsonDocument Read(string path)
    {
        JsonDocument json;
        try
        {
            if (new FileInfo(path).Length > BytesMax)
            {
                throw new BenchmarkException($"{path} has more than {BytesMax >> 20} MiB.");
            }

            json = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
        }
        catch (JsonException wrong)
        {
            throw new BenchmarkException($"{path} is no JSON: {wrong.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"{path} cannot be read: {unreadable.Message}");
        }

        return json.RootElement.ValueKind == JsonValueKind.Object ? json : throw new BenchmarkException($"{path} holds no JSON object.");
    }

    /// <summary>A whole number; null where there is none.</summary>
    /// <exception cref="BenchmarkException">What is there is no whole number.</exception>
    internal static int? Number(JsonElement element, string name, string path)
        => !element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
            : throw new BenchmarkException($"{path}: {name} is no whole number of 32 bits.");
}
