namespace Nixl.Bench.Compare.Moves;

/// <summary>A receiver that takes the bytes to the memory that all of them share.</summary>
internal abstract class Receiver : IReceiver
{
    private PagedMemory? _destination;

    public abstract string Address { get; }

    /// <summary>Where the bytes go.</summary>
    protected PagedMemory Destination => Volatile.Read(ref _destination) ?? throw new BenchmarkException("Bytes came before the peer was told what they are.");

    public virtual void Prepare(PagedMemory destination) => Volatile.Write(ref _destination, destination);

    public virtual int Check(ulong seed) => Destination.Check(seed);

    public abstract ValueTask DisposeAsync();
}
