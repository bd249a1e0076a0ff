using Nixl.Backends;

namespace Nixl;

/// <summary>Notes over which backend a notification came before it hands it on.</summary>
internal sealed class BackendSink(string backend, INotificationSink next) : INotificationSink
{
    public void Deliver(Notification notification)
    {
        notification.Mark(backend);
        next.Deliver(notification);
    }
}
