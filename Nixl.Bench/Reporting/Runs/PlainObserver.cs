using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>Writes a run as plain lines, each row when it is there.</summary>
internal sealed class PlainObserver(RunText text) : IRunObserver
{
    /// <inheritdoc/>
    public void OnStart(RunReport report) => text.WriteHead(report);

    /// <inheritdoc/>
    public void OnCase(RunCase one, int cases)
    {
    }

    /// <inheritdoc/>
    public void OnResult(CaseResult result) => text.WriteRow(result);
}
