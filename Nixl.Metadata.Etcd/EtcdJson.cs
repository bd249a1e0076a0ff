using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nixl.Metadata.Etcd;

/// <summary>The objects of etcd's JSON gateway: bytes are base64, 64-bit numbers are text, and zeros are left out.</summary>
internal static class EtcdJson
{
    internal static void Key(this Utf8JsonWriter json, string key) => json.WriteBase64String("key", Encoding.UTF8.GetBytes(key));

    internal static void RangeEnd(this Utf8JsonWriter json, string end) => json.WriteBase64String("range_end", Encoding.UTF8.GetBytes(end));

    internal static void Prefix(this Utf8JsonWriter json, string prefix)
    {
        json.Key(prefix);
        json.RangeEnd(EndOf(prefix));
    }

    internal static void Put(this Utf8JsonWriter json, string key, ReadOnlySpan<byte> value, long lease)
    {
        json.Key(key);
        json.WriteBase64String("value", value);
        if (lease != 0)
        {
            json.WriteString("lease", lease.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The first key after all that begin with <paramref name="prefix"/>. Its last letter is one of ASCII here.</summary>
    internal static string EndOf(string prefix) => $"{prefix[..^1]}{(char)(prefix[^1] + 1)}";

    internal static long Number(this JsonElement element, string name)
        => element.TryGetProperty(name, out var value)
            ? value.ValueKind == JsonValueKind.String
                ? long.Parse(value.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : value.GetInt64()
            : 0;

    internal static bool Flag(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    internal static byte[] Bytes(this JsonElement element, string name)
        => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetBytesFromBase64() : [];

    internal static long HeaderRevision(this JsonElement answer)
        => answer.TryGetProperty("header", out var header) && header.ValueKind == JsonValueKind.Object ? header.Number("revision") : 0;

    /// <summary>The keys of a range's answer.</summary>
    internal static List<EtcdValue> Values(this JsonElement answer)
        => answer.TryGetProperty("kvs", out var values) && values.ValueKind == JsonValueKind.Array ? [.. values.EnumerateArray().Select(Value)] : [];

    internal static EtcdValue Value(JsonElement kv) => new(Encoding.UTF8.GetString(kv.Bytes("key")), kv.Bytes("value"), kv.Number("mod_revision"));
}
