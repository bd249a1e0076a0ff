namespace Nixl.Diagnostics;

/// <summary>Every name that this library publishes through <see cref="System.Diagnostics.Metrics"/> and
/// <see cref="System.Diagnostics.ActivitySource"/>: the one place where they stand. Names that NIXL has are
/// NIXL's own, so that dashboards carry over; an exporter for Prometheus adds <c>_total</c> to counters, as NIXL's does.</summary>
/// <remarks>All measurements and spans carry <see cref="AgentTag"/>. Those marked "telemetry" are reported only by agents with
/// <see cref="NixlAgentOptions.Telemetry"/> on; the others always. An agent's measurements end with the agent.</remarks>
public static class TelemetryNames
{
    /// <summary>The name of the meter.</summary>
    public const string Meter = "Nixl";

    /// <summary>The name of the source of activities.</summary>
    public const string ActivitySource = "Nixl";

    /// <summary>Span: registering memory or storage; <see cref="MemoryTypeTag"/>.</summary>
    public const string RegisterSpan = "nixl::registerMem";

    /// <summary>Span: taking memory or storage out of use; <see cref="MemoryTypeTag"/>.</summary>
    public const string DeregisterSpan = "nixl::deregisterMem";

    /// <summary>Span: making a transfer from prepared sides; <see cref="PeerTag"/>, <see cref="DescriptorCountTag"/>, <see cref="BackendTag"/>.</summary>
    public const string MakeTransferSpan = "nixl::makeXferReq";

    /// <summary>Span: making a transfer from lists; <see cref="PeerTag"/>, <see cref="DescriptorCountTag"/>, <see cref="BackendTag"/>.</summary>
    public const string CreateTransferSpan = "nixl::createXferReq";

    /// <summary>Span: handing a WRITE post to the engine; <see cref="PeerTag"/>, <see cref="BackendTag"/>, <see cref="BytesTag"/>.</summary>
    public const string PostWriteSpan = "nixl::postXferReq.write";

    /// <summary>Span: handing a READ post to the engine; <see cref="PeerTag"/>, <see cref="BackendTag"/>, <see cref="BytesTag"/>.</summary>
    public const string PostReadSpan = "nixl::postXferReq.read";

    /// <summary>Span without duration, a child of the post's: the post ended, with or without success.</summary>
    public const string TransferEndSpan = "nixl::xfer.complete";

    /// <summary>Span: opening the connections to a peer; <see cref="PeerTag"/>.</summary>
    public const string ConnectSpan = "nixl::makeConnection";

    /// <summary>Span: sending a notification that belongs to no transfer; <see cref="PeerTag"/>, <see cref="BytesTag"/>.</summary>
    public const string SendNotificationSpan = "nixl::genNotif";

    /// <summary>Span: taking all notifications.</summary>
    public const string GetNotificationsSpan = "nixl::getNotifs";

    /// <summary>Span: loading a peer's metadata, from the application, the listener or a fetch; <see cref="PeerTag"/>, <see cref="BytesTag"/>.</summary>
    public const string LoadMetadataSpan = "nixl::loadRemoteMD";

    /// <summary>Span: asking a peer's listener for its metadata and loading it; <see cref="PeerTag"/>.</summary>
    public const string FetchMetadataSpan = "nixl::fetchRemoteMD";

    /// <summary>Span: making a memory view; <see cref="MemoryTypeTag"/>, <see cref="DescriptorCountTag"/>.</summary>
    public const string PrepareViewSpan = "nixl::prepMemView";

    /// <summary>Tag of spans: the peer's name.</summary>
    public const string PeerTag = "remote_agent";

    /// <summary>Tag of spans: the backend's name.</summary>
    public const string BackendTag = "nixl.backend";

    /// <summary>Tag of spans: bytes.</summary>
    public const string BytesTag = "bytes";

    /// <summary>Tag of spans: how many descriptors the caller gave.</summary>
    public const string DescriptorCountTag = "desc_count";

    /// <summary>Tag of spans: the memory type.</summary>
    public const string MemoryTypeTag = "mem_type";

    /// <summary>Tag: the agent's name.</summary>
    public const string AgentTag = "agent_name";

    /// <summary>Tag of <see cref="Errors"/>: the status in NIXL's spelling, such as <c>remote_disconnect</c>; <c>timed_out</c> is this implementation's own.</summary>
    public const string StatusTag = "status";

    /// <summary>Tag of <see cref="LimitRefusals"/>: the member of <see cref="LimitsOptions"/>.</summary>
    public const string LimitTag = "limit";

    /// <summary>Counter, bytes: memory and storage registered. A range without an end counts as 0.</summary>
    public const string MemoryRegistered = "agent_memory_registered";

    /// <summary>Counter, bytes: memory and storage taken out of use.</summary>
    public const string MemoryDeregistered = "agent_memory_deregistered";

    /// <summary>Counter, bytes, telemetry: moved by WRITE posts of this agent that ended with success.</summary>
    public const string TxBytes = "agent_tx_bytes";

    /// <summary>Counter, bytes, telemetry: moved by READ posts of this agent that ended with success.</summary>
    public const string RxBytes = "agent_rx_bytes";

    /// <summary>Counter, posts, telemetry: WRITE posts of this agent that ended with success.</summary>
    public const string TxRequests = "agent_tx_requests_num";

    /// <summary>Counter, posts, telemetry: READ posts of this agent that ended with success.</summary>
    public const string RxRequests = "agent_rx_requests_num";

    /// <summary>Histogram, microseconds, telemetry: from the post to its end with success. A sample: of a transfer that was posted more than 64 times, ends in less than 4
    /// microseconds and is not asked for its telemetry, one post in 32.</summary>
    public const string TransferTime = "agent_xfer_time";

    /// <summary>Histogram, microseconds, telemetry: how long handing a post to the engine took; a sample as <see cref="TransferTime"/>.</summary>
    public const string PostTime = "agent_xfer_post_time";

    /// <summary>Counter, by <see cref="StatusTag"/>: posts that were refused or did not end with success.</summary>
    public const string Errors = "agent_errors";

    /// <summary>Gauge: transfers that are made and not released.</summary>
    public const string TransfersOpen = "agent_transfers_open";

    /// <summary>Gauge: posts that have not ended.</summary>
    public const string TransfersInFlight = "agent_transfers_in_flight";

    /// <summary>Gauge: posts that have not ended within <see cref="NixlAgentOptions.StallAfter"/>.</summary>
    public const string TransfersStalled = "agent_transfers_stalled";

    /// <summary>Counter: transfers that were collected without having been disposed: a defect of the application. The agent releases them.</summary>
    public const string TransfersDropped = "agent_transfers_dropped";

    /// <summary>Gauge: transfers that ended while their engine still owns the local memory.</summary>
    public const string TransfersQuarantined = "agent_transfers_quarantined";

    /// <summary>Gauge, bytes: local memory of the transfers in <see cref="TransfersQuarantined"/>.</summary>
    public const string QuarantinedBytes = "agent_quarantined_bytes";

    /// <summary>Counter, bytes: moved through host memory because no single backend could move them.</summary>
    public const string StagedBytes = "agent_staged_bytes";

    /// <summary>Gauge, bytes: host memory that staged routes hold.</summary>
    public const string BounceBytes = "agent_bounce_bytes";

    /// <summary>Gauge: received notifications that wait for the application.</summary>
    public const string NotificationsHeld = "agent_notifications_held";

    /// <summary>Gauge, bytes: the notifications in <see cref="NotificationsHeld"/>, each with its sender's name, its payload and 128 bytes.</summary>
    public const string NotificationBytes = "agent_notification_bytes";

    /// <summary>Gauge: ranges registered with an engine; a range that two engines took counts twice.</summary>
    public const string Regions = "agent_regions";

    /// <summary>Gauge: peers whose metadata is loaded.</summary>
    public const string Peers = "agent_peers";

    /// <summary>Gauge: regions of all peers that are loaded, each backend counted.</summary>
    public const string RemoteRegions = "agent_remote_regions";

    /// <summary>Gauge: connections that the listener serves.</summary>
    public const string ListenerConnections = "agent_listener_connections";

    /// <summary>Gauge: those of them on which heartbeats are sent.</summary>
    public const string HeartbeatReceivers = "agent_heartbeat_receivers";

    /// <summary>Counter, by <see cref="LimitTag"/>: what a limit refused.</summary>
    public const string LimitRefusals = "agent_limit_refusals";

    /// <summary>Counter: peers dropped because their connection was lost.</summary>
    public const string PeersLost = "agent_peers_lost";

    /// <summary>Counter: completions refused because their post was not in flight: defects of engines.</summary>
    public const string CompletionsRefused = "agent_completions_refused";

    /// <summary>Counter: metadata that was refused, from the application or from the listener.</summary>
    public const string MetadataRefused = "agent_metadata_refused";
}
