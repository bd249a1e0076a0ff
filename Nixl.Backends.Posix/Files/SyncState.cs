namespace Nixl.Backends.Posix.Files;

/// <summary>What is known about making one file durable. All registrations of the file share it, by whatever name, descriptor or device id.</summary>
/// <remarks>The kernel reports an error of writing back once per open file, which duplicates of a descriptor share: whoever asks next is told that all is well.</remarks>
internal sealed class SyncState
{
    private volatile int _failure;
    private volatile bool _isNameUnsynced;

    /// <summary>Held from looking at <see cref="Failure"/> over the sync to noting its result. Only threads that may block take it.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>The error number of the first failed sync, 0 for none.</summary>
    internal int Failure
    {
        get => _failure;
        set => _failure = value;
    }

    /// <summary>Whether the name still exists only in memory: the file was created here and its directory not yet synced.</summary>
    internal bool IsNameUnsynced
    {
        get => _isNameUnsynced;
        set => _isNameUnsynced = value;
    }

    /// <summary>Open files that share it. Guarded by the table's lock.</summary>
    internal int Users { get; set; }
}
