namespace Nixl.Backends;

/// <summary>Where an engine hands over received notifications.</summary>
public interface INotificationSink
{
    /// <summary>Takes over one notification; the engine must not touch it afterwards.</summary>
    void Deliver(Notification notification);
}
