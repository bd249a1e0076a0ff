namespace Nixl.Bench.Transfers;

/// <summary>Is told how a run goes on; only at the rank that reports.</summary>
internal interface IRunObserver
{
    /// <summary>All ranks are there.</summary>
    /// <param name="report">Without cases.</param>
    void OnStart(RunReport report);

    /// <summary>A case begins.</summary>
    void OnCase(RunCase one, int cases);

    /// <summary>A case has ended.</summary>
    void OnResult(CaseResult result);
}
