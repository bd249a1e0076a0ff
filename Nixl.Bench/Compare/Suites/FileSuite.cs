using System.Runtime.CompilerServices;
using Nixl.Bench.Posix;

namespace Nixl.Bench.Compare.Suites;

/// <summary>Files through the agent against one of the opponents of <c>nixlbench posix</c>.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it is.</param>
/// <param name="opponents">Which contenders of that command are the opponents.</param>
/// <param name="cases">Which of its cases they take part in.</param>
/// <param name="verification">What is said about the bytes.</param>
/// <param name="absence">What is missing, if anything.</param>
internal sealed class FileSuite(
    string name, string description, FileContenders opponents, Func<PosixCase, bool> cases, string verification, Func<Absence?> absence) : ISuite
{
    private const long FileBytes = 512 << 20;
    private const long QuickFileBytes = 128 << 20; // all blocks of the cases of 1 MiB have a place each

    public string Name => name;

    public string Description => description;

    internal static IEnumerable<ISuite> All =>
    [
        new FileSuite(
            "fio", "files through the agent (POSIX) against fio's io_uring engine, direct I/O, the same block and depth", FileContenders.Fio, static one => one.IsDirect,
            "bytes are not compared by either: fio keeps its own", static () => Tools.Missing("fio", "apt-get install fio")),
        new FileSuite(
            "random-access", "files through the agent (POSIX) against RandomAccess, with the same depth or number of threads", FileContenders.RandomAccess, static _ => true,
            "bytes of every block compared before each case, for both", static () => null),
    ];

    public Absence? FindAbsence(ComparePlan plan) => absence();

    public async IAsyncEnumerable<CompareResult> RunAsync(ComparePlan plan, Action<string> remark, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var path = Path.Combine(plan.Folder, $"nixlbench-{Environment.ProcessId}.bin");
        var bytes = plan.IsQuick ? QuickFileBytes : FileBytes;
        remark($"one file of {bytes >> 20} MiB in {plan.Folder}, which is on {new DriveInfo(plan.Folder).DriveFormat}; rates of whole blocks of time, not of median operations");
        remark(verification);
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(PosixCase.All.Max(static one => one.Depth) + workers, ports); // RandomAccess reads on the pool's threads, which come slowly unless they are asked for
        PosixComparison.CreateFile(path, bytes);
        try
        {
            var comparison = new PosixComparison(path, bytes, plan.Rounds, plan.Block, withQueues: false) { Opponents = opponents };
            foreach (var setup in PosixCase.All.Where(one => cases(one) && plan.Wants(one.Name)).Take(plan.IsQuick ? 2 : int.MaxValue))
            {
                if (opponents == FileContenders.RandomAccess)
                {
                    await FileProof.CheckAsync(setup, path, bytes, cancellation);
                }

                var rows = await comparison.RunAsync(setup, cancellation);
                yield return ToResult(plan, setup, rows[0], rows.Single(static row => !row.Contender.StartsWith("nixl", StringComparison.Ordinal)));
            }
        }
        finally
        {
            File.Delete(path);
            ThreadPool.SetMinThreads(workers, ports);
        }
    }

    private static CompareResult ToResult(ComparePlan plan, PosixCase setup, PosixResult ours, PosixResult other) => new()
    {
        Case = setup.Name,
        Ours = $"POSIX, {ours.Contender["nixl, ".Length..]}",
        Other = other.Contender,
        Unit = "GB/s",
        OurRate = CompareResult.InGigabytes(ours.BytesPerSecond),
        OtherRate = CompareResult.InGigabytes(other.BytesPerSecond),
        Ratio = other.Ratio,
        Runs = plan.Rounds,
    };
}
