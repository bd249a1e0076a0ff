using Microsoft.Extensions.Logging;
using Nixl.Backends.Ucx.Connections;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>The groups of workers of one engine: the home, whose first worker peers reach, and those that replace a worn one for peers that are loaded later.</summary>
/// <remarks>
/// <para>A group is worn when so many endpoints were dropped on it that their descriptors matter, which libucp keeps until the worker ends; or, without peer error
/// handling, when an endpoint that was dropped does not close, because nothing can be closed by force there. It keeps the peers that it has, gets no more, and is
/// destroyed when the last one is dropped. That ends what its peers never answered, and gives back what libucp held for it.</para>
/// <para>Peers hold the address of the home's first worker for as long as they like, so that one lives as long as the engine. Without peer error handling the home
/// therefore has that one alone, for what comes in and for the agent itself, and the first peer opens the first group for what goes out.</para>
/// </remarks>
internal sealed partial class WorkerPool : IDisposable
{
    // What a dropped endpoint may take to close before its worker is replaced, or destroyed if it has no other peers.
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(1);

    // The same for one that is still connecting: libucp 1.13 aborts a peer that goes on in the middle of a handshake over TCP and finds the other end gone.
    private static readonly TimeSpan ConnectingLimit = TimeSpan.FromSeconds(30);

    // What a close that only needs a round of progress may take before a load looks at it.
    private static readonly TimeSpan ClosingPause = TimeSpan.FromMilliseconds(1);

    // Of the descriptors of the process, the share that dropped endpoints of one group may take, and the bounds of their number.
    private const int DescriptorShare = 32;
    private const int DroppedMin = 4;
    private const int DroppedMax = 64;

    // Every group is looked at in each round of progress, over shared memory takes some 4 MiB, and has some twenty descriptors before it is worn.
    private const int GroupsMin = 2;
    private const int GroupsMax = 16;
    private const int DescriptorsPerGroup = 128;

    private readonly WorkerFactory _factory;
    private readonly UcxConfiguration _options;
    private readonly string _agent;
    private readonly ILogger _logger;
    private readonly int _droppedMax;
    private readonly int _groupsMax;

    // Guards what may load, drop, replace and destroy. Taken before any other lock; never by progress.
    private readonly Lock _gate = new();
    private readonly Timer _tending;
    private WorkerGroup? _current; // guarded by _gate; null where the next peer opens a group
    private bool _isClosed; // guarded by _gate

    // Snapshots: replaced as a whole under the gate, read by progress without it.
    private volatile WorkerGroup[] _groups = [];
    private volatile UcxWorker[] _workers = [];
    private volatile EventSet? _events;
    private volatile bool _isPolled;

    private WorkerPool(WorkerFactory factory, UcxConfiguration options, string agent, ILogger logger)
    {
        (_factory, _options, _agent, _logger) = (factory, options, agent, logger);
        _droppedMax = Math.Clamp(DescriptorUse.Limit / DescriptorShare, DroppedMin, DroppedMax);
        _groupsMax = Math.Clamp(DescriptorUse.Limit / DescriptorsPerGroup, GroupsMin, GroupsMax);
        _tending = new Timer(static pool => ((WorkerPool)pool!).TendLater(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Called before a group is destroyed, to give back what libucp's workers lend: unpacked keys.</summary>
    internal Action<WorkerGroup>? Ending { get; set; }

    /// <summary>Called when a group is destroyed: nothing of it touches local memory any more.</summary>
    internal Action<WorkerGroup>? Ended { get; set; }

    /// <summary>The group whose first worker peers reach.</summary>
    internal WorkerGroup Home => _groups[0];

    /// <summary>The worker that peers reach.</summary>
    internal UcxWorker Receiver => Home.First;

    /// <summary>The address that peers get.</summary>
    internal byte[] Address { get; private init; } = [];

    /// <summary>The groups that exist.</summary>
    internal int Groups => _groups.Length;

    /// <summary>Where libucp listens, in words.</summary>
    internal string Listening
    {
        get
        {
            var sockets = _groups.SelectMany(static group => group.Listening).ToList();
            return sockets.Count == 0 ? "nothing" : string.Join(", ", sockets);
        }
    }

    /// <summary>What becomes readable after an event on any worker, or one of the constants of <see cref="IProgressEngine"/>.</summary>
    internal int EventFd => _isPolled ? IProgressEngine.MustBePolled : _events?.Descriptor ?? Receiver.EventFd;

    /// <summary>Opens the home; null with the reason.</summary>
    internal static WorkerPool? Open(WorkerFactory factory, UcxConfiguration options, string agent, ILogger logger, out NixlStatus status, out BackendFault fault)
    {
        var workers = factory.Open(options.PeerErrors ? options.Workers : 1, receives: true, out var address, out var listening, out status, out fault);
        if (workers is null)
        {
            return null;
        }

        var pool = new WorkerPool(factory, options, agent, logger) { Address = address };
        var home = new WorkerGroup(workers, options.PeerErrors ? options.SharedWorkers : 1, options.SharedWorkers, listening, agent, pool.Signal);
        pool._current = options.PeerErrors ? home : null;
        pool.Publish([home]);
        return pool;
    }

    /// <summary>The connection to <paramref name="agent"/> on the first worker of its group, or null.</summary>
    internal UcxConnection? Find(string agent)
    {
        foreach (var group in _groups)
        {
            if (group.First.Connections.Find(agent) is { } connection)
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Creates an endpoint to a peer on every worker of a group, or on none.</summary>
    internal NixlStatus Load(string agent, ReadOnlySpan<byte> address, int? minor, out BackendFault fault)
    {
        lock (_gate)
        {
            if (_isClosed || Find(agent) is not null)
            {
                fault = BackendFault.Because($"A connection to {agent} exists.", "Disconnect first.");
                return NixlStatus.InvalidParam;
            }

            MakeRoom();
            var group = ForNewPeer(agent, out var status, out fault);
            if (group is null || !DescriptorUse.Suffice(group.All.Length, agent, out fault))
            {
                return group is null ? status : NixlStatus.BackendError;
            }

            return Open(group, agent, address, minor, out _, out fault);
        }
    }

    /// <summary>The connection to the agent itself, opened at first use; it stays on the home.</summary>
    internal NixlStatus FindSelf(int? minor, out UcxConnection? connection, out BackendFault fault)
    {
        lock (_gate)
        {
            fault = default;
            connection = Home.First.Connections.Find(_agent);
            return connection is null ? Open(Home, _agent, Address, minor, out connection, out fault) : NixlStatus.Success;
        }
    }

    /// <summary>Forgets a peer and closes its endpoints.</summary>
    internal void Drop(string agent)
    {
        lock (_gate)
        {
            if (Find(agent) is not { } connection || _isClosed)
            {
                return;
            }

            var group = connection.Group;
            var limit = ClosingLimit;
            foreach (var worker in group.All)
            {
                var closes = worker.Connections.Drop(agent);
                limit = closes && !connection.All[worker.Index].IsEstablished ? ConnectingLimit : limit;
                group.Dropped++;
            }

            group.Patience = Math.Max(group.Patience, Environment.TickCount64 + (long)limit.TotalMilliseconds);
            Tend();
        }
    }

    /// <summary>Progresses every worker; dedicated ones, too, for what happens on them outside of a transfer.</summary>
    internal int Progress()
    {
        _events?.Clear();
        var events = 0;
        foreach (var worker in _workers)
        {
            events += worker.Progress();
        }

        return events;
    }

    /// <summary>Whether every worker will announce what comes.</summary>
    internal bool TryArm()
    {
        foreach (var group in _groups)
        {
            if (!group.TryArm())
            {
                return false;
            }
        }

        return true;
    }

    private void Signal() => _events?.Signal();

    /// <summary>Creates an endpoint on every worker of a group, or on none.</summary>
    private static NixlStatus Open(
        WorkerGroup group, string agent, ReadOnlySpan<byte> address, int? minor, out UcxConnection? connection, out BackendFault fault)
    {
        (connection, fault) = (null, default);
        var all = new UcxConnection[group.All.Length];
        foreach (var worker in group.All)
        {
            var status = worker.Connections.Open(agent, address, minor, out var opened, out fault);
            if (status != NixlStatus.Success)
            {
                for (var i = 0; i < worker.Index; i++)
                {
                    group.All[i].Connections.Drop(agent);
                    group.Dropped++;
                }

                fault = DescriptorUse.Explain(fault);
                return status;
            }

            all[worker.Index] = opened!;
        }

        foreach (var one in all)
        {
            (one.All, one.Group) = (all, group);
        }

        connection = all[0];
        return NixlStatus.Success;
    }
}
