using System.Runtime.CompilerServices;
using Nixl.Bench.Objects;

namespace Nixl.Bench.Compare.Suites;

/// <summary>Objects through the agent against the SDK's TransferUtility and a single GET, as <c>nixlbench obj</c> compares them.</summary>
internal sealed class ObjectSuite : ISuite
{
    private static readonly string[] Programs = ["radosgw", "ceph-mon", "ceph-osd"];

    public string Name => "transfer-utility";

    public string Description => "objects through the agent (OBJ) against the AWS SDK's TransferUtility and a single GET, from a radosgw that the suite starts";

    public Absence? FindAbsence(ComparePlan plan)
        => Programs.Select(static program => Tools.Missing(program, "apt-get install radosgw ceph-mon ceph-osd")).FirstOrDefault(static absence => absence is not null);

    public async IAsyncEnumerable<CompareResult> RunAsync(ComparePlan plan, Action<string> remark, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var gateway = LocalGateway.Start(out var unavailable) ?? throw new BenchmarkException(unavailable!, BenchmarkException.Incomplete);
        ObjectSetup[] setups = plan.IsQuick
            ? [new ObjectSetup(16 << 20, 8 << 20, 2, 1, 1, 0, 0, 0, 0)]
            : [new ObjectSetup(256 << 20, 8 << 20, 16, plan.Rounds, 1, 8_000_000, 10, 0, 0), new ObjectSetup(256 << 20, 8 << 20, 16, plan.Rounds, 1, 0, 0, 0, 0)];
        foreach (var setup in setups)
        {
            var cap = setup.BytesPerSecond == 0 ? "not capped" : $"{setup.BytesPerSecond / 1e6:0} MB/s per connection, {setup.LatencyMs} ms per request";
            remark($"{cap}: one object of {setup.ObjectBytes >> 20} MiB in parts of {setup.PartBytes >> 20} MiB over {setup.Connections} connections; what READ brings is compared each time, on either side");
            using var comparison = new ObjectComparison(setup, gateway.Endpoint);
            var rows = await comparison.RunAsync(cancellation);
            foreach (var row in rows.Where(static row => row.Contender != "nixl"))
            {
                yield return ToResult(setup, $"{row.Case}, {(setup.BytesPerSecond == 0 ? "not capped" : "capped")}", rows.Single(own => own.Case == row.Case && own.Contender == "nixl"), row);
            }
        }
    }

    private static CompareResult ToResult(ObjectSetup setup, string name, ObjectResult ours, ObjectResult other) => new()
    {
        Case = name,
        Ours = "OBJ",
        Other = other.Contender,
        Unit = "GB/s",
        OurRate = CompareResult.InGigabytes(ours.BytesPerSecond),
        OtherRate = CompareResult.InGigabytes(other.BytesPerSecond),
        Ratio = other.RateRatio,
        Runs = other.Contender == "TransferUtility" ? setup.Rounds : setup.SingleRounds,
    };
}
