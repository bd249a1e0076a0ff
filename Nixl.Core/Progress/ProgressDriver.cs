using Nixl.Backends;

namespace Nixl.Progress;

/// <summary>Lets application threads and the progress thread compete for one engine without waiting for each other.</summary>
/// <remarks>The token is try-only: who does not get it does not wait. The epoch counts application polls, so that the thread can stand back from an engine
/// that is polled anyway; it is written without a lock and may lose an increment, which only delays standing back.</remarks>
internal sealed class ProgressDriver(string name, IProgressEngine engine, INixlBackendEngine notifications, INotificationSink? sink)
{
    private readonly ISpinAdviser? _adviser = engine as ISpinAdviser;
    private int _token;
    private int _applicationEpoch;
    private volatile Exception? _defect;
    private Exception? _unreportedDefect;

    /// <summary>The engine's descriptor, or one of <see cref="IProgressEngine"/>'s negative constants.</summary>
    internal int EventFd => engine.EventFd;

    /// <summary>Grows while application threads poll.</summary>
    internal int ApplicationEpoch => Volatile.Read(ref _applicationEpoch);

    /// <summary>The epoch that the progress thread saw last; its own field.</summary>
    internal int SeenEpoch { get; set; }

    internal string Name { get; } = name;

    /// <summary>Whether to sleep instead of spinning for this engine's peers.</summary>
    internal bool IsSpinFutile => _adviser is { IsSpinFutile: true };

    /// <summary>What the engine threw, once; from then on it is not called any more.</summary>
    internal Exception? TakeDefect() => _defect is null ? null : Interlocked.Exchange(ref _unreportedDefect, null);

    /// <summary>One round by an application thread; 0 when another thread has the token.</summary>
    internal int ApplicationProgress()
    {
        _applicationEpoch++;
        return Math.Max(0, TryProgress());
    }

    /// <summary>One round; -1 when another thread has the token.</summary>
    internal int TryProgress()
    {
        if (!TryTake())
        {
            return -1;
        }

        try
        {
            var events = engine.Progress();
            if (sink is not null)
            {
                notifications.GetNotifs(sink);
            }

            return events;
        }
#pragma warning disable CA1031 // Check must not throw, and the progress thread must go on for the other engines.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            Break(defect);
            return 0;
        }
        finally
        {
            Drop();
        }
    }

    /// <summary>Arms the engine's descriptor; false when something is pending or another thread has the token.</summary>
    internal bool TryArm()
    {
        if (!TryTake())
        {
            return false;
        }

        try
        {
            return engine.TryArm();
        }
#pragma warning disable CA1031 // as above
        catch (Exception defect)
#pragma warning restore CA1031
        {
            Break(defect);
            return true;
        }
        finally
        {
            Drop();
        }
    }

    private void Break(Exception defect)
    {
        _unreportedDefect = defect;
        _defect = defect;
    }

    private bool TryTake() => Volatile.Read(ref _token) == 0 && Interlocked.CompareExchange(ref _token, 1, 0) == 0;

    /// <summary>Gives the token back; a broken engine keeps it for ever, so that nobody calls it again.</summary>
    private void Drop()
    {
        if (_defect is null)
        {
            Volatile.Write(ref _token, 0);
        }
    }
}
