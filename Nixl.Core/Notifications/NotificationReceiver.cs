namespace Nixl;

/// <summary>Who waits for one notification. The router lists it until something comes for it or it leaves.</summary>
/// <remarks>Receivers may be pooled: a turn is one use of one, and whoever ends it names the turn, so that something late for one use cannot end the next.</remarks>
internal abstract class NotificationReceiver
{
    private long _state = 1; // twice the number of the turn, and one more when it is over

    /// <summary>What it waits for, in this turn.</summary>
    internal NotificationFilter Filter { get; private set; } = NotificationFilter.Any;

    /// <summary>The turn that is going on, or was last.</summary>
    internal long Turn => Volatile.Read(ref _state) >> 1;

    /// <summary>Begins a turn, before it is listed. Whoever listed it last has seen the end of the turn before.</summary>
    internal void Begin(NotificationFilter filter)
    {
        Filter = filter;
        Volatile.Write(ref _state, (Turn + 1) << 1);
    }

    /// <summary>Hands a notification over; false when the turn is over.</summary>
    internal bool TryDeliver(long turn, in Notification notification)
    {
        if (!TryEnd(turn))
        {
            return false;
        }

        OnDelivered(notification);
        return true;
    }

    /// <summary>The agent ends.</summary>
    internal void Close(long turn)
    {
        if (TryEnd(turn))
        {
            OnClosed();
        }
    }

    /// <summary>Ends a turn: true for one caller.</summary>
    protected bool TryEnd(long turn) => Interlocked.CompareExchange(ref _state, (turn << 1) | 1, turn << 1) == turn << 1;

    /// <summary>On the thread that delivers: hands on and returns.</summary>
    protected abstract void OnDelivered(in Notification notification);

    /// <summary>On the thread that ends the agent.</summary>
    protected abstract void OnClosed();
}
