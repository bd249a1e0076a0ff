namespace Nixl.Backends;

/// <summary>An engine that somebody must poll. All members are called under the agent's token for this engine: one thread at a time, and none waits.</summary>
/// <remarks>Nobody polls before something can happen from outside: until the agent's metadata is handed out, a peer is loaded, or something is posted or awaited. What an engine
/// has to do to start it does in <see cref="INixlBackendEngine.Initialize"/>.</remarks>
public interface IProgressEngine
{
    /// <summary>The value of <see cref="EventFd"/> of an engine to which nothing happens from outside: it may be slept on for ever once armed.</summary>
    const int NothingFromOutside = -1;

    /// <summary>The value of <see cref="EventFd"/> of an engine with outside events but no descriptor: it is polled, backing off to 1 ms.</summary>
    const int MustBePolled = -2;

    /// <summary>Reaps completions and arrivals.</summary>
    /// <returns>The number of events handled, or at least 1 while local work (a slice of a copy) remains. 0 as well when a lock was not free.</returns>
    /// <remarks>Bounded: about 100 µs. Never waits for a lock.</remarks>
    int Progress();

    /// <summary>A descriptor that becomes readable after an outside event once armed; or one of the two negative constants.</summary>
    int EventFd { get; }

    /// <summary>True: nothing is pending, and every later outside event makes <see cref="EventFd"/> readable. False: call <see cref="Progress"/> again.</summary>
    bool TryArm();
}
