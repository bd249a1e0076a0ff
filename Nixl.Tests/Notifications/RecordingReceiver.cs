namespace Nixl.Tests.Notifications;

/// <summary>A receiver that keeps what it is given.</summary>
internal sealed class RecordingReceiver : NotificationReceiver
{
    public string? Text { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>Lists a new one that is for <paramref name="filter"/>.</summary>
    internal static RecordingReceiver List(NotificationRouter router, NotificationFilter filter)
    {
        var receiver = new RecordingReceiver();
        return router.TryTakeOrList(filter, receiver, out _) ? throw new InvalidOperationException("A match was queued.") : receiver;
    }

    /// <summary>As when its time is over.</summary>
    internal bool GiveUp() => TryEnd(Turn);

    protected override void OnDelivered(in Notification notification) => Text = notification.Text;

    protected override void OnClosed() => IsClosed = true;
}
