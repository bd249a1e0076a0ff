using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Handles;

namespace Nixl.Backends.SharedMemory.Workers;

/// <summary>The engine's one thread of its own: takes peers in, answers them, watches whether they live, and holds the word of life.</summary>
/// <remarks>It sleeps while nothing of this happens; bytes and messages move without it. So a peer's handshake ends although nobody polls this agent.</remarks>
internal sealed class ServiceThread : IDisposable
{
    // A round takes microseconds, and at most a few milliseconds while pages are entered.
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly WakeEvent _control;
    private readonly Listener _listener;
    private readonly IncomingTable _incoming;
    private readonly IIncomingHost _host;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<ShmConnection> _added = new();
    private readonly List<ShmConnection> _outgoing = []; // the thread's
    private readonly PollSet _poll = new(); // the thread's
    private readonly DeadSockets _dead; // the thread's
    private readonly ManualResetEventSlim _started = new();
    private readonly Thread _thread;
    private volatile bool _stopping;

    internal ServiceThread(string agent, WakeEvent control, Listener listener, IncomingTable incoming, IIncomingHost host, ILogger logger)
    {
        _control = control;
        _listener = listener;
        _incoming = incoming;
        _host = host;
        _logger = logger;
        _dead = new DeadSockets(Path.GetDirectoryName(listener.Path)!);
        _thread = new Thread(Run) { IsBackground = true, Name = $"nixl-shm {agent}" };
        _thread.Start();
        _started.Wait();
    }

    /// <summary>Whether the kernel tells peers at once when this process is killed.</summary>
    internal bool IsGuarded { get; private set; }

    /// <summary>Whether the thread did not end when it was told to: what it uses must stay.</summary>
    internal bool IsStuck { get; private set; }

    /// <summary>Takes a connection over that has just been opened.</summary>
    internal void Add(ShmConnection connection)
    {
        _added.Enqueue(connection);
        Signal();
    }

    /// <summary>Has the thread look at everything.</summary>
    internal void Signal() => _control.Signal();

    /// <summary>Ends the thread; from then on peers see that this engine is closed.</summary>
    public void Dispose()
    {
        _stopping = true;
        Signal();
        IsStuck = !_thread.Join(EndLimit);
        if (IsStuck)
        {
            _logger.ServiceStuck();
            return;
        }

        while (_added.TryDequeue(out var connection))
        {
            connection.Release();
        }

        _outgoing.ForEach(static connection => connection.Release());
        _control.Dispose();
        _started.Dispose();
    }

    private unsafe void Run()
    {
        using var guard = new LifeGuard(_host.Life.Life);
        IsGuarded = guard.IsGuarded;
        _started.Set();
        try
        {
            while (!_stopping)
            {
                RunOnce();
            }
        }
#pragma warning disable CA1031 // The thread's end tells all peers that this engine has ended; the process goes on.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            _logger.ServiceFailed(defect);
        }
    }

    private void RunOnce()
    {
        while (_added.TryDequeue(out var added))
        {
            _outgoing.Add(added);
        }

        LetGoOfEnded();
        _dead.RemoveStale();
        var isPopulating = false;
        foreach (var connection in _outgoing)
        {
            isPopulating |= connection.HasObjectWork && Try(connection, static peer => peer.WorkOnObjects());
        }

        Collect();
        _poll.Wait(isPopulating ? 0 : NextDeadline());
        if (_poll.IsReady(0))
        {
            _control.Drain();
        }

        Dispatch();
    }

    /// <summary>Closes the sockets of connections that have ended, once no slice of theirs runs: the peer takes the closed socket for that.</summary>
    private void LetGoOfEnded()
    {
        for (var i = _outgoing.Count - 1; i >= 0; i--)
        {
            if (_outgoing[i].HasEnded && !_outgoing[i].Ring.HasSlices)
            {
                var ended = _outgoing[i];
                _outgoing.RemoveAt(i);
                if (!ended.IsDropped)
                {
                    _dead.Add(ended.Info.SocketPath);
                }

                ended.Socket.Dispose();
                ended.Process.Dispose();
                ended.Release();
            }
        }
    }

    // In the order in which Dispatch reads the answers.
    private void Collect()
    {
        _poll.Clear();
        _poll.Add(_control.Descriptor);
        _poll.Add(_listener.PollDescriptor);
        foreach (var incoming in _incoming.Sockets)
        {
            _poll.Add(incoming.HasEnded ? -1 : incoming.Socket.Descriptor);
        }

        foreach (var connection in _outgoing)
        {
            _poll.Add(connection.HasEnded ? -1 : connection.Socket.Descriptor);
            _poll.Add(connection.HasEnded || connection.Process.Handle is not { } process ? -1 : (int)process.DangerousGetHandle());
        }
    }

    private void Dispatch()
    {
        var place = 2;
        var incoming = _incoming.Sockets.Count;
        for (var i = 0; i < incoming; i++)
        {
            if (_poll.IsReady(place++))
            {
                TakeFrom(i);
            }
        }

        foreach (var connection in _outgoing)
        {
            if (_poll.IsReady(place++) && !connection.HasEnded)
            {
                Try(connection, static peer =>
                {
                    peer.OnReadable();
                    return true;
                });
            }

            if (_poll.IsReady(place++) && !connection.HasEnded)
            {
                connection.LoseAsGone();
            }
        }

        if (_poll.IsReady(1))
        {
            AcceptAll();
        }

        _incoming.EndLate(Environment.TickCount64, _host);
    }

#pragma warning disable CA1031 // One peer's bytes, or a logger, must not end the service of the other peers.
    private void TakeFrom(int index)
    {
        try
        {
            _incoming.OnReadable(index, _host);
        }
        catch (Exception defect)
        {
            _incoming.Sockets[index].End();
            Report(_incoming.Sockets[index].Name, defect);
        }
    }

    private bool Try(ShmConnection connection, Func<ShmConnection, bool> work)
    {
        try
        {
            return work(connection);
        }
        catch (Exception defect)
        {
            connection.Lose(NixlStatus.BackendError, BackendFault.Because($"The connection to {connection.Agent} failed: {defect.Message}"));
            Report(connection.Agent, defect);
            return false;
        }
    }

    private void AcceptAll()
    {
        try
        {
            _listener.AcceptAll(_incoming);
        }
        catch (Exception defect)
        {
            Report("", defect);
        }
    }

    private void Report(string peer, Exception defect)
    {
        try
        {
            _logger.PeerFailed(peer, defect);
        }
        catch (Exception)
        {
            // The logger is the application's, and may be what failed.
        }
    }
#pragma warning restore CA1031

    private int NextDeadline()
    {
        // A connection that ended while a slice of it runs: it is let go of when that has ended.
        var wait = _outgoing.Exists(static connection => connection.HasEnded) ? 1 : -1;
        wait = PollSet.Earlier(wait, _dead.NextLookIn());
        return PollSet.Earlier(wait, PollSet.Earlier(_listener.ResumesIn(), _incoming.NextDeadlineIn(Environment.TickCount64)));
    }
}
