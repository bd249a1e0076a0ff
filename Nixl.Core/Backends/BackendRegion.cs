namespace Nixl.Backends;

/// <summary>One range as one engine holds it: this agent's own (<see cref="BackendMemory"/>), or one that a peer exposes (<see cref="BackendRemoteMemory"/>).</summary>
/// <remarks>What the agent notes about the range lies in the same object: there may be a hundred thousand of them, and each object more costs the collector as
/// much as registering costs the engine. So an engine hands out an object of its own for each registration and each load.</remarks>
public abstract class BackendRegion
{
    private static long _lastSerial;

    private volatile bool _isRetired;
    private int _users;

    private protected BackendRegion(MemoryType type, MemoryDescriptor range)
    {
        Type = type;
        Range = range;
    }

    /// <summary>The memory type of the range.</summary>
    public MemoryType Type { get; }

    /// <summary>The range as it was registered, here or by the peer.</summary>
    public MemoryDescriptor Range { get; }

    /// <summary>Unique among the agent's regions in the process, ascending with age: tells registrations of the same range apart. Set before the region is put
    /// into an index.</summary>
    internal long Serial { get; set; }

    /// <summary>Set before the transfers that use it are closed; a transfer being made looks at it after it has entered the table.</summary>
    internal bool IsRetired => _isRetired;

    /// <summary>How many transfers of the agent's table use it; counted at the <see cref="Origin"/>, by the table, under its lock.</summary>
    internal int Users
    {
        get => Volatile.Read(ref _users);
        set => Volatile.Write(ref _users, value);
    }

    /// <summary>The range whose end is the end of this one: itself, save for an own range seen as the remote side.</summary>
    internal virtual BackendRegion Origin => this;

    /// <summary>The first of <paramref name="count"/> serial numbers in a row that nobody else has.</summary>
    internal static long TakeSerials(int count) => Interlocked.Add(ref _lastSerial, count) - count + 1;

    internal virtual void Retire() => _isRetired = true;
}
