namespace Nixl.Bench.Comparison;

/// <summary>One of the two programs that are compared: reads and writes the target's memory, one operation at a time.</summary>
internal interface IClient : IAsyncDisposable
{
    /// <summary>The release of libucp that it runs on.</summary>
    string Library { get; }

    /// <summary>The transports of its endpoint.</summary>
    string Lanes { get; }

    /// <summary>Writes a pattern to the target and reads it back.</summary>
    /// <exception cref="BenchmarkException">Other bytes came back.</exception>
    Task VerifyAsync(TransferShape shape, CancellationToken cancellation);

    /// <summary>Measures <paramref name="count"/> operations after <paramref name="warm"/> others.</summary>
    Task<BlockTime> RunAsync(TransferOperation operation, TransferShape shape, int count, int warm, CancellationToken cancellation);

    /// <summary>Measures creating <paramref name="count"/> backends: a context of libucp with a worker, and what else one needs. Ending them is not measured.</summary>
    Task<BlockTime> CreateAsync(int count, CancellationToken cancellation);
}
