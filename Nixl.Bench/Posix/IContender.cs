namespace Nixl.Bench.Posix;

/// <summary>One way to read or write the file.</summary>
internal interface IContender : IAsyncDisposable
{
    /// <summary>Its name in the report.</summary>
    string Name { get; }

    /// <summary>Runs for about <paramref name="block"/>; bytes per second.</summary>
    Task<double> MeasureAsync(TimeSpan block, CancellationToken cancellation);
}
