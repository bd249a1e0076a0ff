using Nixl.Bench.Reporting;

namespace Nixl.Bench.Compare;

/// <summary>Runs suites one after the other; one that fails does not keep the others from running.</summary>
internal sealed class CompareRun(ComparePlan plan, CompareText text)
{
    internal async Task<IReadOnlyList<SuiteOutcome>> RunAsync(IEnumerable<ISuite> suites, CancellationToken cancellation)
    {
        var outcomes = new List<SuiteOutcome>();
        foreach (var suite in suites)
        {
            outcomes.Add(await RunAsync(suite, cancellation));
        }

        return outcomes;
    }

    private async Task<SuiteOutcome> RunAsync(ISuite suite, CancellationToken cancellation)
    {
        text.WriteSuite(suite);
        if (suite.FindAbsence(plan) is { } absence)
        {
            text.WriteAbsence(absence);
            return new SuiteOutcome(suite, [], [], absence, null);
        }

        var results = new List<CompareResult>();
        var remarks = new List<string>();
        try
        {
            await foreach (var result in suite.RunAsync(plan, Remark, cancellation))
            {
                text.WriteResult(result, isFirst: results.Count == 0);
                results.Add(result);
            }
        }
        catch (BenchmarkException missing) when (missing.ExitCode == BenchmarkException.Incomplete && results.Count == 0)
        {
            // Something has to be installed first, and only trying it could tell.
            var late = new Absence(missing.Message, "see there");
            text.WriteAbsence(late);
            return new SuiteOutcome(suite, results, remarks, late, null);
        }
        catch (Exception failed) when (!cancellation.IsCancellationRequested)
        {
            // Whatever it is, it is this suite's: the opponents are many, and each fails in its own way.
            var message = failed is BenchmarkException or NixlException ? failed.Message : failed.ToString();
            text.WriteFailure(message);
            return new SuiteOutcome(suite, results, remarks, null, message);
        }

        return new SuiteOutcome(suite, results, remarks, null, null);

        void Remark(string remark)
        {
            remarks.Add(remark);
            text.WriteRemark(remark);
        }
    }
}
