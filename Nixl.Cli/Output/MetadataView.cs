using System.Globalization;
using System.Text.Json.Nodes;
using Nixl.Metadata;

namespace Nixl.Cli.Output;

/// <summary>Metadata in words. Keys of memory are shown by their length: whoever has them, and reaches the agent, can use the memory.</summary>
internal sealed class MetadataView(AgentMetadata metadata, int bytes, bool hasRegions)
{
    internal JsonObject ToJson() => new()
    {
        ["agent"] = metadata.AgentName,
        ["bytes"] = bytes,
        ["connections"] = new JsonArray([.. metadata.Connections.Select(static connection => new JsonObject { ["backend"] = connection.Backend, ["infoBytes"] = connection.Info.Length })]),
        ["sections"] = new JsonArray([.. metadata.Sections.Select(ToJson)]),
        ["extension"] = metadata.Extension is { } extension ? ToJson(extension) : null,
        ["trailingBytes"] = metadata.TrailingBytes.Length,
    };

    internal IEnumerable<string> Lines()
    {
        yield return Text.Plain(string.Create(CultureInfo.InvariantCulture, $"agent {metadata.AgentName}, {bytes} bytes"));
        foreach (var connection in metadata.Connections)
        {
            yield return Text.Plain(string.Create(CultureInfo.InvariantCulture, $"  connection {connection.Backend}: {connection.Info.Length} bytes"));
        }

        foreach (var section in metadata.Sections)
        {
            yield return Text.Plain(string.Create(CultureInfo.InvariantCulture, $"  {section.Type} through {section.Backend}: {section.Regions.Count} regions, {Total(section)} bytes"));
            foreach (var region in hasRegions ? section.Regions : [])
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture, $"    0x{region.Range.Address:x} + {region.Range.Length}, device {region.Range.DeviceId}, key of {region.PublicData.Length} bytes");
            }
        }

        yield return metadata.Extension is { } extension ? Text.Plain($"  {Describe(extension)}") : "  no record of this implementation: an agent of upstream's, or one whose MetadataExtensions is off";
        if (metadata.TrailingBytes.Length > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  {metadata.TrailingBytes.Length} bytes after everything that is understood");
        }
    }

    private static string Describe(MetadataExtension extension) => string.Create(
        CultureInfo.InvariantCulture,
        $"incarnation {extension.Incarnation}, sequence {extension.Sequence}, {extension.Scope}, process {extension.Host.ProcessId}, "
        + $"listener {(extension.Listener.Length > 0 ? extension.Listener : "none")}, heartbeats {(extension.HeartbeatMs > 0 ? $"every {extension.HeartbeatMs} ms" : "none")}, "
        + $"libraries {string.Join(", ", extension.Libraries.Select(static library => $"{library.Name} {library.Version}".Trim()))}");

    private JsonObject ToJson(MetadataSection section) => new()
    {
        ["backend"] = section.Backend,
        ["memoryType"] = section.Type.ToString(),
        ["regions"] = section.Regions.Count,
        ["bytes"] = Total(section).ToString(CultureInfo.InvariantCulture),
        ["list"] = !hasRegions ? null : new JsonArray([.. section.Regions.Select(static region => new JsonObject
        {
            ["address"] = $"0x{region.Range.Address:x}",
            ["length"] = region.Range.Length,
            ["deviceId"] = region.Range.DeviceId,
            ["keyBytes"] = region.PublicData.Length,
        })]),
    };

    private static JsonObject ToJson(MetadataExtension extension) => new()
    {
        ["incarnation"] = extension.Incarnation.ToString(),
        ["sequence"] = extension.Sequence,
        ["scope"] = extension.Scope.ToString(),
        ["features"] = extension.Features,
        ["bootId"] = extension.Host.BootId.ToString(),
        ["processId"] = extension.Host.ProcessId,
        ["listener"] = extension.Listener,
        ["heartbeatMs"] = extension.HeartbeatMs,
        ["libraries"] = new JsonArray([.. extension.Libraries.Select(static library => new JsonObject { ["name"] = library.Name, ["version"] = library.Version })]),
    };

    /// <summary>What the regions have together; they are claims of the agent, so their sum may be anything.</summary>
    private static UInt128 Total(MetadataSection section) => section.Regions.Aggregate(UInt128.Zero, static (sum, region) => sum + (ulong)region.Range.Length);
}
