using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nixl.Bench.Reporting;

/// <summary>Results as JSON, with the names of the records.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(), new FiniteNumberConverter() },
    };

    /// <summary>Writes <paramref name="results"/>; without a file does nothing.</summary>
    internal static void Write(FileInfo? file, object results)
    {
        if (file is not null)
        {
            File.WriteAllText(file.FullName, JsonSerializer.Serialize(results, Options));
        }
    }
}
