using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nixl.Samples.KvTransfer;

/// <summary>The JSON form of the messages.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CacheAnnouncement))]
[JsonSerializable(typeof(PageTable))]
internal sealed partial class MessageJson : JsonSerializerContext;
