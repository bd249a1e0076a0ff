namespace Nixl.Bench.Compare;

/// <summary>One opponent, or a family of them, and what is compared.</summary>
internal interface ISuite
{
    /// <summary>Its name on the command line and in the results.</summary>
    string Name { get; }

    /// <summary>What runs against what, in a sentence.</summary>
    string Description { get; }

    /// <summary>Why it cannot run here; null where it can.</summary>
    Absence? FindAbsence(ComparePlan plan);

    /// <summary>Runs it: ours and the others in turn.</summary>
    /// <param name="plan">How.</param>
    /// <param name="remark">Takes facts that a reader of the figures needs: versions, settings, what was verified.</param>
    /// <param name="cancellation">Ends it.</param>
    IAsyncEnumerable<CompareResult> RunAsync(ComparePlan plan, Action<string> remark, CancellationToken cancellation);
}
