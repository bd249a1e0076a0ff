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
        catch (Exception failed) when (failed is BenchmarkException or NixlException or IOException or HttpRequestException or System.Net.Sockets.SocketException)
        {
            // Something that has to be installed first makes a suite absent; anything else is a failure, of this suite alone.
            if (failed is BenchmarkException { ExitCode: BenchmarkException.Incomplete } && results.Count == 0)
            {
                var missing = new Absence(failed.Message, "see there");
                text.WriteAbsence(missing);
                return new SuiteOutcome(suite, results, remarks, missing, null);
            }

            text.WriteFailure(failed.Message);
            return new SuiteOutcome(suite, results, remarks, null, failed.Message);
        }

        return new SuiteOutcome(suite, results, remarks, null, null);

        void Remark(string remark)
        {
            remarks.Add(remark);
            text.WriteRemark(remark);
        }
    }
}
