namespace Nixl.Liveness;

/// <summary>A connection on which somebody wants heartbeats.</summary>
internal interface IHeartbeatReceiver
{
    /// <summary>Hands a frame to the network without waiting for more than another frame that is being written. The bytes must not change afterwards.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="isLast">Whether it must not be skipped.</param>
    /// <returns>False when the receiver takes none any more: it is gone, or has not read for several heartbeats.</returns>
    bool TrySend(ReadOnlyMemory<byte> frame, bool isLast = false);
}
