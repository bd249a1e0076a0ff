using System.Runtime.CompilerServices;
using Nixl.Bench.Commands;
using Nixl.Bench.Comparison;
using Nixl.Bench.ControlPath;
using Nixl.Bench.SharedMemory;

namespace Nixl.Bench.Compare.Suites;

/// <summary>The programs in C of <c>nixlbench ucx</c>, <c>shm</c> and <c>control</c>, which make the same native calls or do the same work.</summary>
internal sealed class ReferenceSuite : ISuite
{
    private const int ShmBytes = 64 << 20;
    private const int BlockBytes = 4096;
    private const string Reference = "C";

    private static readonly long[] Sizes = [8, 4 << 10, 64 << 10, 1 << 20, 64 << 20];

    public string Name => "c-reference";

    public string Description => "the agent against programs in C: the same libucp calls, memcpy and process_vm_writev, planning and registering";

    public Absence? FindAbsence(ComparePlan plan) => Tools.Missing("gcc", "apt-get install gcc libucx-dev");

    public async IAsyncEnumerable<CompareResult> RunAsync(ComparePlan plan, Action<string> remark, [EnumeratorCancellation] CancellationToken cancellation)
    {
        remark("the bytes: UCX writes a pattern and reads it back before each size, on both sides; control compares what both planned; shm compares none on either side (suite memcpy does)");
        await foreach (var result in RunShmAsync(plan, remark, cancellation))
        {
            yield return result;
        }

        await foreach (var result in RunUcxAsync(plan, remark, cancellation))
        {
            yield return result;
        }

        await foreach (var result in RunControlAsync(plan, cancellation))
        {
            yield return result;
        }
    }

    private static async IAsyncEnumerable<CompareResult> RunShmAsync(ComparePlan plan, Action<string> remark, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var program = await ReferenceProgram.CompileAsync("shm_reference", "-O2", cancellation, []);
        var setup = new ShmPlan(plan.Rounds, plan.Block, ShmBytes, plan.Processors);
        var cases = ShmCase.All.Where(one => plan.IsQuick ? one.Size == 1 << 20 && one.Reference == "copy" : plan.Wants(one.Name));
        foreach (var group in (plan.IsQuick ? cases.Take(1) : cases).GroupBy(static one => one.Kind))
        {
            await using var comparison = await ShmComparison.OpenAsync(setup, group.Key, program, null, cancellation);
            remark($"SHM, {group.Key.ToString().ToLowerInvariant()} memory: {comparison.Transports.Shm}");
            await foreach (var result in comparison.RunAsync(group, cancellation))
            {
                var (amount, unit) = AmountOf(result.Case);
                yield return new CompareResult
                {
                    Case = result.Case.Name,
                    Ours = "SHM",
                    Other = Reference,
                    Unit = unit,
                    OurRate = CompareResult.RateOf(result.Agent.Median, amount),
                    OtherRate = CompareResult.RateOf(result.Reference.Median, amount),
                    Ratio = result.MedianRatio,
                    Runs = plan.Rounds,
                };
            }
        }
    }

    private static async IAsyncEnumerable<CompareResult> RunUcxAsync(ComparePlan plan, Action<string> remark, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var program = await ReferenceProgram.CompileAsync("ucx_reference", "-O3", cancellation);
        var setup = new ComparisonPlan
        {
            Transports = plan.IsQuick ? ["tcp"] : ["tcp", "posix,cma,self"],
            Sizes = plan.IsQuick ? [64 << 10] : [.. Sizes.Where(size => plan.Wants(ByteSizes.Format(size)))],
            Scattered = plan.IsQuick ? 0 : plan.Wants("1,000 x 4 KiB") ? 1000 : 0,
            Rounds = plan.Rounds,
            Block = plan.Block,
            NetDevices = "lo",
            TargetProgress = ProgressMode.Adaptive,
            Processors = plan.Processors,
            IsControl = false,
        };
        foreach (var transports in setup.Shapes.Any() ? setup.Transports : [])
        {
            await using var comparison = await UcxComparison.OpenAsync(setup, transports, program, cancellation);
            remark($"UCX_TLS={transports}: {comparison.Setup.Library}, lanes {comparison.Setup.Lanes}");
            await foreach (var result in comparison.RunAsync(cancellation))
            {
                var bytes = result.Size * result.Blocks;
                var isSmall = bytes < BlockBytes;
                var amount = isSmall ? 1e9 : bytes;
                yield return new CompareResult
                {
                    Case = $"{(result.Blocks > 1 ? $"{result.Blocks:N0} x " : "")}{ByteSizes.Format(result.Size)} {(result.Operation == TransferOperation.Write ? "put" : "get")}",
                    Ours = $"UCX {transports}",
                    Other = Reference,
                    Unit = isSmall ? "operations/s" : "GB/s",
                    OurRate = CompareResult.RateOf(result.Agent.Median, amount),
                    OtherRate = CompareResult.RateOf(result.Reference.Median, amount),
                    Ratio = result.MedianRatio,
                    Runs = plan.Rounds,
                };
            }
        }
    }

    private static async IAsyncEnumerable<CompareResult> RunControlAsync(ComparePlan plan, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var program = await ReferenceProgram.CompileAsync("control_reference", "-O2", cancellation);
        var setup = new ControlPlan
        {
            Descriptors = [plan.IsQuick ? 100 : 10_000],
            Consecutive = [plan.IsQuick ? 100 : 10_000],
            Regions = [plan.IsQuick ? 1 : 1_000],
            Registrations = [plan.IsQuick ? 5 : 10_000],
            Transports = ["tcp"],
            Rounds = plan.Rounds,
            Block = plan.Block,
            Processor = plan.Processors?.Client,
            Only = plan.IsQuick ? ["prepare"] : plan.Only,
            Reference = null,
        };
        using var comparison = new ControlComparison(setup, program.Path);
        await foreach (var result in comparison.RunAsync(cancellation))
        {
            if (result is not { Reference: { } reference, MedianRatio: { } ratio })
            {
                continue; // the program in C does nothing with metadata
            }

            var amount = result.Case.Count * 1e3; // per nanosecond, in millions per second
            yield return new CompareResult
            {
                Case = $"{result.Case.Title}, {result.Case.Count:#,0}",
                Ours = "agent",
                Other = Reference,
                Unit = "million items/s",
                OurRate = CompareResult.RateOf(result.Agent, amount),
                OtherRate = CompareResult.RateOf(reference, amount),
                Ratio = CompareResult.Invert(ratio),
                Runs = plan.Rounds,
            };
        }
    }

    private static (double Amount, string Unit) AmountOf(ShmCase one) => one.Work switch
    {
        ShmWork.WriteBlocks => (one.Size * BlockBytes, "GB/s"),
        ShmWork.EchoAwake or ShmWork.EchoAsleep => (1e9, "round trips/s"),
        _ => one.Size < BlockBytes ? (1e9, "operations/s") : (one.Size, "GB/s"),
    };
}
