namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>What became of a message.</summary>
internal enum SendResult
{
    /// <summary>It is in the ring.</summary>
    Written,

    /// <summary>It waits for room; a part of it may be in the ring.</summary>
    Queued,

    /// <summary>Too much waits already; it was not taken.</summary>
    Full,

    /// <summary>Another thread is at the ring; it was not taken.</summary>
    Busy,

    /// <summary>The connection has ended.</summary>
    Closed,
}
