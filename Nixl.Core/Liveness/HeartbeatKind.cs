namespace Nixl.Liveness;

/// <summary>What a heartbeat message says.</summary>
internal enum HeartbeatKind
{
    /// <summary>Asks the receiver for its heartbeats on this connection.</summary>
    Subscribe = 1,

    /// <summary>The sender lives.</summary>
    Beat = 2,

    /// <summary>The sender ends: it is gone now.</summary>
    Leaving = 3,

    /// <summary>The sender sends no more heartbeats, and goes on to serve whom it knows.</summary>
    Ceasing = 4,
}
