using System.Text;

namespace Nixl;

/// <summary>Which notification a wait is for: from one sender or any, over one backend or any, with an exact text, a prefix, or anything.</summary>
/// <remarks>An exact tag never matches a longer one: <c>req-1</c> does not match <c>req-10</c>.</remarks>
public sealed class NotificationFilter
{
    /// <summary>Every notification.</summary>
    public static readonly NotificationFilter Any = new(null, null, isPrefix: false);

    private readonly byte[]? _sender;
    private readonly byte[]? _tag;
    private readonly bool _isPrefix;
    private readonly string? _backend;

    private NotificationFilter(string? sender, byte[]? tag, bool isPrefix, string? backend = null)
    {
        _backend = backend;
        _sender = sender is null ? null : Encoding.UTF8.GetBytes(sender);
        _tag = tag;
        _isPrefix = isPrefix;
    }

    /// <summary>Notifications whose payload is exactly <paramref name="tag"/> in UTF-8, from <paramref name="sender"/> or, when null, from anybody.</summary>
    public static NotificationFilter Exactly(string tag, string? sender = null) => new(sender, Encoding.UTF8.GetBytes(tag), isPrefix: false);

    /// <summary>Notifications whose payload begins with <paramref name="prefix"/> in UTF-8, from <paramref name="sender"/> or, when null, from anybody.</summary>
    public static NotificationFilter StartingWith(string prefix, string? sender = null) => new(sender, Encoding.UTF8.GetBytes(prefix), isPrefix: true);

    /// <summary>Everything from one sender.</summary>
    public static NotificationFilter From(string sender) => new(sender, null, isPrefix: false);

    /// <summary>Everything that comes over one backend, such as <c>UCX</c>.</summary>
    public static NotificationFilter Over(string backend)
    {
        ArgumentException.ThrowIfNullOrEmpty(backend);
        return new NotificationFilter(null, null, isPrefix: false, backend);
    }

    /// <summary>Whether <paramref name="notification"/> is meant.</summary>
    public bool Matches(in Notification notification)
        => (_backend is null || notification.Backend == _backend)
            && (_sender is null || notification.SenderUtf8.SequenceEqual(_sender))
            && (_tag is null || (_isPrefix ? notification.Payload.StartsWith(_tag) : notification.Payload.SequenceEqual(_tag)));
}
