using Nixl.Bench.Compare.Moves;
using Nixl.Bench.Compare.Programs;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Suites;

/// <summary>The suites whose opponents are programs that measure themselves.</summary>
internal static class ProgramSuites
{
    private const string Upstream = "nixlbench";
    private const string Tcp = "tcp";
    private const string Host = "posix,cma,self";

    private static readonly BlobCase[] PutCases = [new(1, 64 << 10), new(1, 1 << 20), new(1, 16 << 20)];
    private static readonly BlobCase[] UpstreamCases = [new(1, 4 << 10), new(1, 64 << 10), new(1, 1 << 20), new(1, 16 << 20), new(1000, 16 << 10), new(10_000, 4 << 10)];

    internal static IEnumerable<ISuite> All =>
    [
        new MoveSuite
        {
            Name = "ucx_perftest",
            Description = "UCX through the agent against UCX's own benchmark; shown, not judged: it keeps many puts in flight into memory that UCX allocated",
            Ours =
            [
                static async (stage, _, cancellation) => await AgentMover.OpenAsync(stage, "UCX tcp", UcxParameters.For(Tcp, "lo").Selection, cancellation, Tcp),
                static async (stage, _, cancellation) => await AgentMover.OpenAsync(stage, "UCX host", UcxParameters.For(Host, "lo").Selection, cancellation, Host),
            ],
            Others =
            [
                static (_, plan, _) => Task.FromResult<Mover>(new PerftestMover(Tools.Find(PerftestMover.Program)!, Tcp, "lo", plan.Processors)),
                static (_, plan, _) => Task.FromResult<Mover>(new PerftestMover(Tools.Find(PerftestMover.Program)!, Host, "lo", plan.Processors)),
            ],
            Cases = static plan => Choose(PutCases, plan),
            IsOrientation = true,
            Absence = static _ => Tools.Missing(PerftestMover.Program, "apt-get install ucx-utils"),
        },
        new MoveSuite
        {
            Name = "nixlbench-upstream",
            Description = "UCX over TCP, and SHM where UCX chooses by itself, against the nixlbench of the C++ NIXL with the same operation, block and batch",
            Ours =
            [
                static async (stage, _, cancellation) => await AgentMover.OpenAsync(stage, "UCX tcp", UcxParameters.For(Tcp, "lo").Selection, cancellation, Tcp),
                static async (stage, _, cancellation) => await AgentMover.OpenAsync(stage, "SHM", new BackendSelection("SHM"), cancellation, Host),
            ],
            Others =
            [
                static (_, plan, _) => Task.FromResult<Mover>(new UpstreamMover(FindUpstream(plan)!, "C++ UCX tcp", Tcp, Tcp, plan.Processors)),
                static (_, plan, _) => Task.FromResult<Mover>(new UpstreamMover(FindUpstream(plan)!, "C++ UCX", Host, null, plan.Processors)),
            ],
            Cases = static plan => Choose(UpstreamCases, plan),
            Absence = static plan => FindUpstream(plan) is null
                ? new Absence(
                    plan.UpstreamProgram is { } named ? $"{named} does not exist" : "no nixlbench of the C++ NIXL is on the path",
                    "build benchmark/nixlbench of github.com/ai-dynamo/nixl and give it by --upstream; its libraries have to be found (LD_LIBRARY_PATH, NIXL_PLUGIN_DIR)")
                : null,
        },
    ];

    private static BlobCase[] Choose(BlobCase[] cases, ComparePlan plan) => plan.IsQuick ? [cases[1]] : [.. cases.Where(one => plan.Wants(one.Name))];

    /// <summary>Upstream's program: the one that is named, or one on the path that is not this one.</summary>
    private static string? FindUpstream(ComparePlan plan)
    {
        if (plan.UpstreamProgram is { } named)
        {
            return File.Exists(named) ? named : null;
        }

        // Ours has the same name, and its assembly beside it.
        return Tools.Find(Upstream) is { } found && !File.Exists(found + ".dll") && Path.GetFullPath(found) != Environment.ProcessPath ? found : null;
    }
}
