namespace Nixl;

/// <summary>One wait for a notification. Continuations never run on the thread that delivers.</summary>
internal sealed class NotificationWait(NotificationFilter filter)
    : TaskCompletionSource<Notification>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    internal NotificationFilter Filter { get; } = filter;
}
