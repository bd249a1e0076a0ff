using Nixl.Agent;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>What the agent tells about itself. Everything here reads memory only.</content>
public sealed partial class NixlAgent
{
    internal AgentCounters Counters => _settings.Counters;

    internal bool HasTelemetry => _settings.Telemetry;

    /// <summary>What posts in one direction that ended with success have moved; counted while telemetry is on.</summary>
    internal MovedTotals Moved(TransferOperation operation) => _loop.Transfers.Moved(operation);

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

    /// <summary>How many posts have not ended within <see cref="NixlAgentOptions.StallAfter"/>.</summary>
    internal int TransfersStalled
    {
        get
        {
            var count = 0;
            foreach (var transfer in _loop.Transfers.Slots)
            {
                count += transfer?.IsStalled == true ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>The local memory of quarantined transfers in bytes.</summary>
    internal long QuarantinedBytes => _loop.QuarantinedBytes;

    internal long BounceBytes => _staged.BounceBytes;

    internal int NotificationsHeld => _router.Held.Count;

    internal long NotificationBytes => _router.Held.Bytes;

    internal int RegionCount => _memory.RegionCount;

    internal int PeerCount => _remotes.Agents.Count;

    internal int RemoteRegionCount => _remotes.Agents.Sum(static peer => peer.Sections.Values.Sum(static section => section.Count));

    internal int WatchedPeers => _discovery.Monitor.Count;

    internal int ListenerConnectionCount => _listener?.ConnectionCount ?? 0;

    internal int HeartbeatReceiverCount => _discovery.Sender.ReceiverCount;

    /// <summary>Refuses another transfer where too many are made, or engines keep too much memory of earlier ones.</summary>
    private void CheckTransferLimits(string operation, string peer)
    {
        var limits = _settings.Options.Limits;
        var open = _loop.Transfers.Count;
        if (open >= limits.TransfersMax)
        {
            throw LimitReached.Refuse(_settings, nameof(limits.TransfersMax), limits.TransfersMax, operation, peer, $"{open} transfers are made and not released");
        }

        if (QuarantinedBytes > limits.QuarantinedBytesMax)
        {
            throw LimitReached.Refuse(
                _settings, nameof(limits.QuarantinedBytesMax), limits.QuarantinedBytesMax, operation, peer, $"engines keep {QuarantinedBytes} bytes of transfers that ended");
        }
    }

    private void CheckMetadataLimit(int bytes, string operation)
    {
        if (bytes > _metadataLimits.BytesMax)
        {
            throw LimitReached.Refuse(
                _settings, nameof(LimitsOptions.MetadataBytesMax), _metadataLimits.BytesMax, operation, peer: null, $"the metadata has {bytes} bytes");
        }
    }

    private void ReportEnvironment(EnvironmentSettings environment)
    {
        var unknown = environment.UnknownBut(_storePrefix);
        if (unknown.Count > 0)
        {
            AgentLog.UnknownVariables(
                _settings.Logger, Name, string.Join(", ", unknown), string.Join(", ", EnvironmentSettings.Known));
        }

        foreach (var (name, value, possible) in environment.Refused)
        {
            AgentLog.VariableRefused(_settings.Logger, Name, name, value, possible);
        }
    }

    private MemoryRegistration Count(MemoryRegistration registration)
    {
        Counters.CountRegistered(registration.Bytes);
        return registration;
    }
}
