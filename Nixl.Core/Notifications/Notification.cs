using System.Text;

namespace Nixl;

/// <summary>A message from a peer: sent alone, or with a transfer and then delivered after the transfer's data is visible here.</summary>
/// <remarks>A handle on pooled memory. Disposing gives the memory back, so that a warm receiver allocates nothing; forgetting to costs a collection, no leak.
/// After Dispose every copy of the handle throws <see cref="ObjectDisposedException"/>; disposing twice does nothing.</remarks>
public readonly struct Notification : IDisposable, IEquatable<Notification>
{
    private readonly NotificationBuffer? _buffer;
    private readonly int _lease;

    private Notification(NotificationBuffer buffer)
    {
        _buffer = buffer;
        _lease = buffer.Lease;
    }

    /// <summary>The name of the agent that the message says it comes from. Over a transport without authentication it can be forged.</summary>
    public string Sender => Live().Sender;

    /// <summary>The sender's name as it came over the wire.</summary>
    public ReadOnlySpan<byte> SenderUtf8 => Live().SenderUtf8;

    /// <summary>The backend that it came over.</summary>
    public string Backend => Live().Backend;

    /// <summary>The message; valid until Dispose.</summary>
    public ReadOnlySpan<byte> Payload => Live().Payload;

    /// <summary>The message as text, decoded as UTF-8 on each call.</summary>
    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>For engines: a notification holding copies of both spans, ready for <see cref="Backends.INotificationSink.Deliver"/>.</summary>
    public static Notification Create(ReadOnlySpan<byte> senderUtf8, ReadOnlySpan<byte> payload)
        => new(NotificationBuffer.Rent(senderUtf8, payload));

    /// <summary>Gives the memory back to the pool.</summary>
    public void Dispose() => _buffer?.Return(_lease);

    /// <summary>Whether both handles name the same message.</summary>
    public bool Equals(Notification other) => ReferenceEquals(_buffer, other._buffer) && _lease == other._lease;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Notification other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_buffer, _lease);

    /// <summary>Whether both handles name the same message.</summary>
    public static bool operator ==(Notification left, Notification right) => left.Equals(right);

    /// <summary>Whether the handles name different messages.</summary>
    public static bool operator !=(Notification left, Notification right) => !left.Equals(right);

    /// <summary>Lets the agent put a name that it already holds in place of a new string.</summary>
    internal void Intern(string sender) => Live().Sender = sender;

    /// <summary>Notes the backend that it came over.</summary>
    internal void Mark(string backend) => Live().Backend = backend;

    private NotificationBuffer Live()
    {
        ObjectDisposedException.ThrowIf(_buffer is null || _buffer.Lease != _lease, typeof(Notification));
        return _buffer;
    }
}
