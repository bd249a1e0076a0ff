using Nixl.Diagnostics;

namespace Nixl;

/// <content>What the agent tells about itself. Everything here reads memory only.</content>
public sealed partial class NixlAgent
{
    internal AgentCounters Counters => _settings.Counters;

    internal bool HasTelemetry => _settings.Telemetry;

    /// <summary>How many posts have not ended.</summary>
    internal int TransfersInFlight
    {
        get
        {
            var count = 0;
            foreach (var transfer in _loop.Transfers.Slots)
            {
                count += transfer?.Status == NixlStatus.InProgress ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>The local memory of quarantined transfers in bytes.</summary>
    internal long QuarantinedBytes => _loop.QuarantinedBytes;

    internal int NotificationsHeld => _router.Held.Count;

    internal long NotificationBytes => _router.Held.Bytes;

    internal int RegionCount => _memory.Sections.Values.Sum(static section => section.Count);

    internal int PeerCount => _remotes.Agents.Count;

    private MemoryRegistration Count(MemoryRegistration registration)
    {
        registration.Counters = Counters;
        Counters.CountRegistered(registration.Descriptors);
        return registration;
    }
}
