using System.Text;
using Nixl.Bench.Collectives;
using Nixl.Bench.Coordination;

namespace Nixl.Bench.KvCache.Traffic;

/// <summary>Runs traffic matrices over agents.</summary>
internal static class TrafficRun
{
    private const int PrintedBytes = 16;

    /// <param name="ranks">The run: a rank per line of the matrices.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="report">Gets each result, and the lines about what was received, as they come; at rank 0 only.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task RunAsync(IRendezvous ranks, TrafficPlan plan, Action<TrafficResult, IReadOnlyList<string>> report, CancellationToken cancellation)
    {
        var map = new MemoryMap(plan.Matrices.Max(static matrix => matrix.LargestSide), 0);
        await using var memory = await RankMemory.OpenAsync(ranks, map, [plan.Backend], cancellation);
        using var bench = new ScheduleBench(memory, ranks, ElementKind.Int32, plan.Iterations, ranks.Count, plan.Limit);
        foreach (var matrix in plan.Matrices)
        {
            using var schedule = Create(memory, plan, matrix, ranks.Rank);
            TrafficContent.Fill(memory, matrix, ranks.Rank);
            await ranks.BarrierAsync("matrix", cancellation);
            await bench.RepeatAsync(schedule, plan.Warmup);
            var times = await bench.MeasureAsync(schedule, cancellation);
            if (plan.Verifies)
            {
                TrafficContent.Verify(memory, matrix, ranks.Rank);
            }

            var lines = await ranks.AllGatherAsync("received", Encoding.UTF8.GetBytes(plan.Prints ? Received(memory, matrix, ranks.Rank) : ""), cancellation);
            if (ranks.Rank == 0)
            {
                var rate = matrix.Total / times.Mean;
                report(
                    new TrafficResult(matrix.Name, matrix.Total, matrix.Senders, times.Mean, rate, rate / matrix.Senders, plan.Verifies),
                    [.. lines.Select(Encoding.UTF8.GetString).Where(static line => line.Length > 0)]);
            }
        }
    }

    private static Schedule Create(RankMemory memory, TrafficPlan plan, TrafficMatrix matrix, int rank)
    {
        var builder = new ScheduleBuilder(memory, plan.Backend.Name);
        var output = memory.Map.Output;
        try
        {
            for (var other = 0; other < matrix.Ranks; other++)
            {
                if (plan.Operation == TransferOperation.Write && matrix[rank, other] > 0)
                {
                    builder.Post(memory.CreateWrite(
                        other, MemoryMap.Input + matrix.SendOffset(rank, other), output + matrix.ReceiveOffset(rank, other), matrix[rank, other], rank, plan.Backend.Name, plan.Parts));
                }
                else if (plan.Operation == TransferOperation.Read && matrix[other, rank] > 0)
                {
                    builder.Post(memory.CreateRead(
                        other, output + matrix.ReceiveOffset(other, rank), MemoryMap.Input + matrix.SendOffset(other, rank), matrix[other, rank], plan.Backend.Name, plan.Parts));
                }
            }

            for (var other = 0; other < matrix.Ranks && plan.Operation == TransferOperation.Write; other++)
            {
                builder.AwaitArrival(other, matrix[other, rank]);
            }

            return builder.Build();
        }
        catch
        {
            builder.Abandon();
            throw;
        }
    }

    /// <summary>The beginning of what came from each sender, a line each.</summary>
    private static string Received(RankMemory memory, TrafficMatrix matrix, int rank)
        => string.Join('\n', Enumerable.Range(0, matrix.Ranks).Where(sender => matrix[sender, rank] > 0).Select(sender =>
        {
            var length = (int)Math.Min(PrintedBytes, matrix[sender, rank]);
            var bytes = memory.Span(memory.Map.Output + matrix.ReceiveOffset(sender, rank), length);
            return $"rank {rank} from rank {sender}: {matrix[sender, rank]} bytes, {Convert.ToHexString(bytes)}{(matrix[sender, rank] > length ? "..." : "")}";
        }));
}
