namespace Nixl.Liveness;

/// <summary>A connection on which somebody wants heartbeats.</summary>
internal interface IHeartbeatReceiver
{
    /// <summary>Hands a frame to the network without waiting. The bytes must not change afterwards.</summary>
    /// <returns>False when the receiver takes none any more: it is gone, or has not read for several heartbeats.</returns>
    bool TrySend(ReadOnlyMemory<byte> frame);
}
