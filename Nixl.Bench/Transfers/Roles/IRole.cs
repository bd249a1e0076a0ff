namespace Nixl.Bench.Transfers.Roles;

/// <summary>What one rank does in a run.</summary>
internal interface IRole : IAsyncDisposable
{
    /// <summary>What the others have to know.</summary>
    RankHello Hello { get; }

    /// <summary>Gets to know the others.</summary>
    Task MeetAsync(IReadOnlyList<RankHello> ranks, CancellationToken cancellation);

    /// <summary>Makes ready for a case: content, places, transfers.</summary>
    Task PrepareAsync(RunCase one, CancellationToken cancellation);

    /// <summary>Runs iterations that do not count.</summary>
    Task WarmUpAsync(RunCase one, CancellationToken cancellation);

    /// <summary>Whether this rank measures; else it waits for those that do.</summary>
    bool Measures { get; }

    /// <summary>Runs those that count, and nothing besides: the process is being watched.</summary>
    Task MeasureAsync(RunCase one, CancellationToken cancellation);

    /// <summary>What was measured; null where others measure.</summary>
    CaseTimes? CollectTimes(RunCase one);

    /// <summary>How many iterations it has posted in all.</summary>
    long Posts { get; }

    /// <summary>Compares bytes, and what was notified with what the others posted.</summary>
    /// <param name="one">The case that has just run.</param>
    /// <param name="posts">How many iterations each rank has posted in all.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    Task<string?> FindMismatchAsync(RunCase one, IReadOnlyList<long> posts, CancellationToken cancellation);

    /// <summary>How the backend reaches the other side.</summary>
    string DescribeTransports();

    /// <summary>What came of what was asked for, one sentence each.</summary>
    IEnumerable<string> Notes { get; }
}
