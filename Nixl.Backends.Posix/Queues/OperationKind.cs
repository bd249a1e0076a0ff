namespace Nixl.Backends.Posix.Queues;

/// <summary>What an operation does.</summary>
internal enum OperationKind
{
    /// <summary>File to memory.</summary>
    Read = 0,

    /// <summary>Memory to file.</summary>
    Write = 1,

    /// <summary>Looks whether a file still has a name and, for a durable write, makes what was written durable.</summary>
    Seal = 2,
}
