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
    Task VerifyAsync(long size, CancellationToken cancellation);

    /// <summary>Measures <paramref name="count"/> operations after <paramref name="warm"/> others.</summary>
    Task<BlockTime> RunAsync(TransferOperation operation, long size, int count, int warm, CancellationToken cancellation);
}
