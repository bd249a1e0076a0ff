using Nixl.Bench.Reporting;

namespace Nixl.Bench.Transfers;

/// <summary>What a run is, and what came of it.</summary>
/// <param name="Machine">Where it ran, as the reporting rank sees it.</param>
/// <param name="Plan">What was done.</param>
/// <param name="Ranks">By whom.</param>
/// <param name="Transports">How the backend reached the other side.</param>
/// <param name="Notes">What came of what was asked for.</param>
/// <param name="Cases">The rows.</param>
internal sealed record RunReport(
    MachineDescription Machine,
    TransferPlan Plan,
    IReadOnlyList<RankDescription> Ranks,
    string Transports,
    IReadOnlyList<string> Notes,
    IReadOnlyList<CaseResult> Cases)
{
    /// <summary>Whether nothing was found to be wrong.</summary>
    internal bool IsGood => Cases.All(static one => one.Problem is null);
}
