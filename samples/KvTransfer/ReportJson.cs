using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nixl.Samples.KvTransfer;

/// <summary>The JSON form of the report.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(RunReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
