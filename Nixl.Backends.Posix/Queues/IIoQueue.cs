namespace Nixl.Backends.Posix.Queues;

/// <summary>One way to have the kernel read and write: the axis along which this backend varies.</summary>
internal interface IIoQueue : IDisposable
{
    /// <summary>What it is, for reports.</summary>
    string Name { get; }

    /// <summary>Issues a batch that <see cref="IoBatch.Begin"/> has prepared, as far as there is room, and the rest as room comes. Ends with
    /// <c>PosixRequest.BatchEnded</c>, perhaps before this returns.</summary>
    void Start(IoBatch batch);

    /// <summary>Stops issuing a batch and asks the kernel for an early end of what it has. The transfer's wish to stop is already visible.</summary>
    void Cancel(IoBatch batch);

    /// <summary>Takes what has ended and issues what there is room for. Under the agent's token; never waits.</summary>
    /// <returns>How many operations came back, or at least 1 while there is work that no event announces.</returns>
    int Progress();

    /// <summary>True: nothing is pending, and every later end makes the engine's descriptor readable. Under the agent's token.</summary>
    bool TryArm();
}
