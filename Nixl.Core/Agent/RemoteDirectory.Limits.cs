using Nixl.Diagnostics;
using Nixl.Metadata;

namespace Nixl.Agent;

/// <content>What one load may add. Looked at before anything is changed, so that a refusal leaves what is known.</content>
internal sealed partial class RemoteDirectory
{
    private void CheckLimits(RemoteAgent? known, AgentMetadata metadata)
    {
        var limits = settings.Options.Limits;
        if (known is null && _agents.Count >= limits.RemoteAgentsMax)
        {
            throw LimitReached.Refuse(
                settings, nameof(limits.RemoteAgentsMax), limits.RemoteAgentsMax, "LoadRemoteMetadata", metadata.AgentName, $"{_agents.Count} peers are known");
        }

        var regions = RegionsAfter(known, metadata);
        if (regions > limits.RegionsPerPeerMax)
        {
            throw LimitReached.Refuse(
                settings, nameof(limits.RegionsPerPeerMax), limits.RegionsPerPeerMax, "LoadRemoteMetadata", metadata.AgentName, $"the peer would have {regions} regions");
        }
    }

    /// <summary>How many regions the peer will have: full metadata replaces, other metadata adds what is not there.</summary>
    private long RegionsAfter(RemoteAgent? known, AgentMetadata metadata)
    {
        var isFull = metadata.Extension is { Scope: MetadataScope.Full };
        var regions = isFull || known is null ? 0L : known.Sections.Values.Sum(static section => (long)section.Count);
        foreach (var section in metadata.Sections)
        {
            if (backends.Find(section.Backend) is not { Remote: not null } instance)
            {
                continue;
            }

            var old = isFull || known is null ? null : known.Section(section.Type, instance);
            regions += old is null ? section.Regions.Count : section.Regions.Count(region => old.FindExact(region.Range) is null);
        }

        return regions;
    }
}
