using System.Diagnostics;
using Nixl.Agent;

namespace Nixl.Progress;

/// <summary>The agent's one thread: progresses every engine, sleeps when nothing happens, and runs the housekeeping.</summary>
/// <remarks>
/// No wake-up is lost: the thread publishes that it sleeps (a full fence), then looks for deadlines, arms every engine, and only then sleeps; who posts or
/// enlists publishes that first (a full fence) and then reads whether the thread sleeps. One eventfd write per sleep, not per post.
/// </remarks>
internal sealed partial class ProgressLoop : IDisposable
{
    private const int Awake = 0;
    private const int StandingBack = 1; // wakes for an await
    private const int Asleep = 2;       // wakes for an await and for a post

    // Between the price of a sleep and a tick of the scheduler: see docs/architecture.md, "Threads".
    private const long SleepFirstNs = 50_000;
    private const long SleepMostNs = 1_000_000;
    private const double SpinMicroseconds = 20;

    private readonly Lock _startGate = new();
    private readonly WakeUp _wakeUp = new();
    private readonly int[] _descriptors = new int[64];
    private readonly Lock _driversGate = new();
    private ProgressDriver[] _drivers = []; // replaced under _driversGate
    private Thread? _thread; // guarded by _startGate
    private volatile bool _isDue; // an engine is there that a thread is to poll
    private volatile bool _isRunning;
    private volatile bool _stopping;
    private int _sleeping;
    private int _awaitWanted;
    private int _awaiters;

    // The thread's own.
    private long _lastTick;
    private long _lastEvent;
    private long _standBackNs = SleepFirstNs;
    private long _blindNs = SleepFirstNs;
    private int _armFailures;

    internal ProgressLoop(AgentSettings settings) => Settings = settings;

    internal AgentSettings Settings { get; }

    internal Housekeeping Housekeeping { get; } = new();

    /// <summary>What orders preparing transfers and taking regions out of use.</summary>
    internal PlanningGate Planning { get; } = new();

    /// <summary>Set at the agent's end, before its engines are disposed: late releases leave them alone from then on.</summary>
    internal bool EnginesClosed { get; set; }

    internal TransferTable Transfers => Housekeeping.Transfers;

    internal MemoryViewTable Views { get; } = new();

    /// <summary>Whether a thread looks at deadlines; otherwise Check has to.</summary>
    internal bool IsManual => !_isRunning || (Settings.Progress == ProgressMode.Manual && Volatile.Read(ref _awaiters) == 0);

    /// <summary>Takes up an engine; once per engine. Any thread.</summary>
    internal void Add(ProgressDriver driver)
    {
        lock (_driversGate)
        {
            var drivers = _drivers;
            if (drivers.Length == _descriptors.Length)
            {
                throw new NixlException(NixlStatus.NotAllowed, "CreateBackend", $"an agent takes at most {_descriptors.Length} engines") { Agent = Settings.AgentName };
            }

            Volatile.Write(ref _drivers, [.. drivers, driver]);
        }

        if (Settings.Progress != ProgressMode.Manual)
        {
            _isDue = true;
            KickRunning();
        }
    }

    /// <summary>Starts the thread if engines need one: from now on something can happen to them, because peers know this agent, or it knows peers.</summary>
    internal void EnsureProgress()
    {
        if (!_isRunning && _isDue)
        {
            EnsureStarted();
        }
    }

    /// <summary>Progresses every engine once on the calling thread, and looks at deadlines where no thread does.</summary>
    internal void PollAll()
    {
        foreach (var driver in Volatile.Read(ref _drivers))
        {
            driver.ApplicationProgress();
        }

        if (IsManual)
        {
            RunHousekeeping();
        }
    }

    internal void RunHousekeeping() => Housekeeping.Run(Environment.TickCount64);

    /// <summary>Wakes a sleeping thread because there is something to progress.</summary>
    internal void KickForPost()
    {
        EnsureProgress();
        KickRunning();
    }

    private void KickRunning()
    {
        if (Volatile.Read(ref _sleeping) == Asleep && Interlocked.CompareExchange(ref _sleeping, Awake, Asleep) == Asleep)
        {
            SignalThread();
        }
    }

    /// <summary>Wakes the thread, also one that stands back, because somebody waits.</summary>
    internal void KickForAwait()
    {
        EnsureStarted();
        Interlocked.Exchange(ref _awaitWanted, 1);
        if (Volatile.Read(ref _sleeping) != Awake && Interlocked.Exchange(ref _sleeping, Awake) != Awake)
        {
            SignalThread();
        }
    }

    /// <summary>Wakes the thread because a part of the agent has work that came from a foreign thread; one that stands back only when somebody waits. The
    /// caller has published the work by a full fence.</summary>
    internal void KickForNews()
    {
        KickForPost();
        if (Volatile.Read(ref _awaiters) > 0 && Volatile.Read(ref _sleeping) == StandingBack)
        {
            KickForAwait();
        }
    }

    internal void CountAwaiters(int change) => Interlocked.Add(ref _awaiters, change);

    /// <summary>Runs <paramref name="step"/> soon, again and again until it answers true.</summary>
    internal void Defer(Func<bool> step)
    {
        Housekeeping.Defer(step);
        if (Settings.Progress != ProgressMode.Manual)
        {
            EnsureStarted(); // engines that end posts on threads of their own do not start it
        }

        KickForPost();
    }

    internal void DeferRelease(TransferCore transfer) => Defer(transfer.TryRelease);

    /// <summary>Stops the thread; engines' members are bounded, so it ends soon.</summary>
    public void Dispose()
    {
        Thread? thread;
        lock (_startGate)
        {
            _stopping = true;
            thread = _thread;
        }

        Interlocked.Exchange(ref _sleeping, Awake);
        _wakeUp.Signal();
        if (thread is not null && thread != Thread.CurrentThread && !thread.Join(TimeSpan.FromSeconds(10)))
        {
            ProgressLog.ThreadStuck(Settings.Logger, Settings.AgentName);
            return; // the thread may still sleep on the descriptor: leave it open
        }

        _wakeUp.Dispose();
    }

    private void EnsureStarted()
    {
        if (_isRunning)
        {
            return;
        }

        lock (_startGate)
        {
            if (_thread is not null || _stopping)
            {
                return;
            }

            _thread = new Thread(Run) { IsBackground = true, Name = "nixl-progress" };
            NoteAwake();
            _isRunning = true;
            _thread.Start();
        }
    }

    private void Run()
    {
        _lastEvent = Stopwatch.GetTimestamp();
        while (!_stopping)
        {
            if (Settings.Progress == ProgressMode.Manual && Volatile.Read(ref _awaiters) == 0)
            {
                SleepUntilAwaited();
                continue;
            }

            var events = Round(out var stoodBack);
            if (events > 0)
            {
                _lastEvent = Stopwatch.GetTimestamp();
                _blindNs = SleepFirstNs;
                _armFailures = 0;
            }

            if (Settings.Progress == ProgressMode.Spin)
            {
                continue;
            }

            if (events > 0)
            {
                continue; // an engine that nobody else polls has work: it must not wait for the others
            }

            if (stoodBack)
            {
                SleepUntilEvent(StandingBack);
            }
            else if (!SpinsOn())
            {
                _standBackNs = SleepFirstNs;
                SleepUntilEvent(Asleep);
            }
        }
    }

    /// <summary>One look at every engine.</summary>
    private int Round(out bool stoodBack)
    {
        stoodBack = false;
        var events = 0;
        var wanted = Volatile.Read(ref _awaitWanted) != 0 && Interlocked.Exchange(ref _awaitWanted, 0) != 0;
        foreach (var driver in Volatile.Read(ref _drivers))
        {
            var epoch = driver.ApplicationEpoch;
            var applicationPolls = epoch != driver.SeenEpoch;
            driver.SeenEpoch = epoch;
            if (applicationPolls && !wanted && Settings.Progress != ProgressMode.Spin)
            {
                stoodBack = true;
                continue;
            }

            events += Math.Max(0, driver.TryProgress());
            ReportDefect(driver);
        }

        var now = Environment.TickCount64;
        if (now != _lastTick || Housekeeping.HasSteps)
        {
            _lastTick = now;
            Housekeeping.Run(now);
        }

        return events;
    }

    private bool SpinsOn()
    {
        if (Settings.Progress != ProgressMode.Adaptive || Stopwatch.GetElapsedTime(_lastEvent).TotalMicroseconds >= SpinMicroseconds)
        {
            return false;
        }

        foreach (var driver in Volatile.Read(ref _drivers))
        {
            if (driver.IsSpinFutile)
            {
                return false;
            }
        }

        // One unit, about 40 ns. Whatever is spun here a peer's operation waits for, half of it on average; ten units were a third of an 8-byte put's time.
        Thread.SpinWait(1);
        return true;
    }

    private void SleepUntilAwaited()
    {
        Interlocked.Exchange(ref _sleeping, Asleep);
        if (Volatile.Read(ref _awaiters) == 0 && !_stopping)
        {
            _wakeUp.Sleep([], -1);
        }

        NoteAwake();
        Volatile.Write(ref _sleeping, Awake);
    }

    private void SleepUntilEvent(int kind)
    {
        Interlocked.Exchange(ref _sleeping, kind);
        var limit = UntilNextDeadline();
        var quiet = TryArmAll(out var count);
        if (kind == StandingBack)
        {
            limit = Shorter(limit, _standBackNs);
            _standBackNs = Math.Min(_standBackNs * 2, SleepMostNs);
        }
        else if (!quiet)
        {
            // Never spin on what cannot be had: the second failure in a row sleeps, and longer each time.
            limit = ++_armFailures < 2 ? 0 : Shorter(limit, _blindNs);
            _blindNs = Math.Min(_blindNs * 2, SleepMostNs);
        }

        if (Housekeeping.HasSteps)
        {
            limit = Shorter(limit, SleepMostNs);
        }

        if (limit != 0 && Volatile.Read(ref _awaitWanted) == 0 && !_stopping && _wakeUp.Sleep(_descriptors.AsSpan(0, count), limit))
        {
            _lastEvent = Stopwatch.GetTimestamp();
        }

        NoteAwake();
        Volatile.Write(ref _sleeping, Awake);
    }

    /// <summary>Arms every engine that the application does not poll; false when one has something pending or must be polled.</summary>
    private bool TryArmAll(out int count)
    {
        count = 0;
        var quiet = true;
        foreach (var driver in Volatile.Read(ref _drivers))
        {
            if (driver.ApplicationEpoch != driver.SeenEpoch || !driver.TryArm() || driver.EventFd == Backends.IProgressEngine.MustBePolled)
            {
                quiet = false;
            }
            else if (driver.EventFd >= 0)
            {
                _descriptors[count++] = driver.EventFd;
            }
        }

        return quiet;
    }

    private long UntilNextDeadline()
    {
        var next = Housekeeping.NextDeadline();
        if (next == long.MaxValue)
        {
            return -1;
        }

        // Half a millisecond on top, so that the clock has ticked when the thread looks again.
        var milliseconds = Math.Clamp(next - Environment.TickCount64, 0, int.MaxValue);
        return milliseconds * 1_000_000 + 500_000;
    }

    private static long Shorter(long left, long right) => left < 0 ? right : Math.Min(left, right);
}
