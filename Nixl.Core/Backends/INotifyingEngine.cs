namespace Nixl.Backends;

/// <summary>An engine that delivers notifications to peers, alone or attached to a post. Upstream's <c>supportsNotif</c>.</summary>
public interface INotifyingEngine
{
    /// <summary>The longest message in bytes that <see cref="GenNotif"/> and a post accept.</summary>
    int NotificationBytesMax { get; }

    /// <summary>Sends a message that belongs to no transfer. The bytes are copied before this returns; never blocks.</summary>
    /// <returns>Success when the message was handed over or queued; it is ordered with other messages to the same peer.</returns>
    NixlStatus GenNotif(string agent, ReadOnlySpan<byte> message, out BackendFault fault);
}
