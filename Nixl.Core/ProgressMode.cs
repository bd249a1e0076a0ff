namespace Nixl;

/// <summary>Who polls the engines, and how eagerly.</summary>
public enum ProgressMode
{
    /// <summary>The agent's thread spins for about 20 µs after an event, then sleeps on the engines' descriptors; it stands back from an engine that the
    /// application polls itself. The default; under a quota of less than two processors (control groups) it becomes <see cref="Event"/>.</summary>
    Adaptive = 0,

    /// <summary>The agent's thread never spins. For containers with less than two processors.</summary>
    Event = 1,

    /// <summary>The agent's thread never sleeps. Costs a whole processor.</summary>
    Spin = 2,

    /// <summary>Nothing moves unless the application calls <see cref="Transfer.Check"/> or reads notifications; deadlines are noticed there. An awaited
    /// transfer still completes: the first await starts the thread, which works only while somebody waits.</summary>
    Manual = 3,
}
