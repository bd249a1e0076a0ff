using System.Globalization;
using Nixl.Bench.Comparison;
using Nixl.Bench.ControlPath;

namespace Nixl.Bench.Micro;

/// <summary>An agent's metadata: writing it, reading it, and how large it is.</summary>
internal static class MetadataCosts
{
    private const string Group = "metadata";

    internal static IEnumerable<MicroResult> Measure(MicroMeter meter)
    {
        foreach (var full in new[] { 1, 1_000, 100_000 })
        {
            var regions = meter.Items(full);
            var suffix = string.Create(CultureInfo.InvariantCulture, $"{full:#,0} regions, UCX tcp"); // the name stays the same in a quick run
            using var arena = new Arena(regions);
            using var owner = MicroAgents.Open("micro-owner", UcxParameters.For("tcp", "lo").Selection);
            using var peer = MicroAgents.Open("micro-peer", UcxParameters.For("tcp", "lo").Selection);
            owner.Register(arena.ToList());
            var blob = owner.GetLocalMetadata();
            var size = string.Create(CultureInfo.InvariantCulture, $"{blob.Length / (double)regions:0.0} bytes per region here, in upstream's own format");
            yield return meter.Measure(Group, $"export, {suffix}", regions, () => owner.GetLocalMetadata(), size);
            yield return meter.Measure(
                Group, $"load, {suffix}", regions, () => peer.LoadRemoteMetadata(blob), "2.4 ms for 10,000 (measured, C++ 1.4)", () => peer.InvalidateRemote(owner.Name));
        }
    }
}
