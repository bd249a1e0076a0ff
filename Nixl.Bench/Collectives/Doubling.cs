using System.Numerics;

namespace Nixl.Bench.Collectives;

/// <summary>All-reduce by recursive doubling: in each of log2(n) steps a rank exchanges its whole sum with one twice as far away. Few steps, many bytes: for small sizes.</summary>
/// <remarks>Where n is no power of two, the ranks beyond it give their contribution to a neighbour first and get the result from it. A partner can be one operation ahead
/// and no more, because it needs this rank's sum of the next one: each step has two places that take turns.</remarks>
internal static class Doubling
{
    // Tags: the fold, the result, then two per step.
    private const int FoldTag = 0;
    private const int ResultTag = 1;
    private const int FirstStepTag = 2;

    internal static int Tags(int count) => FirstStepTag + (2 * Steps(count));

    internal static long SlotBytes(int count, long bytes) => checked((1 + (2 * Steps(count))) * MemoryMap.Align(bytes));

    internal static Schedule Create(RankMemory memory, string backend, int count, int rank, long bytes, int tag)
    {
        var builder = new ScheduleBuilder(memory, backend);
        try
        {
            Append(builder, memory.Map, count, rank, bytes, tag, parity: 0);
            builder.AwaitAllSent();
            var even = builder.TakeSteps();
            Append(builder, memory.Map, count, rank, bytes, tag, parity: 1);
            return builder.Build(even);
        }
        catch
        {
            builder.Abandon();
            throw;
        }
    }

    private static int Steps(int count) => BitOperations.Log2((uint)count);

    private static void Append(ScheduleBuilder builder, MemoryMap map, int count, int rank, long bytes, int tag, int parity)
    {
        var extra = count - (1 << Steps(count)); // this many pairs fold into one
        var isPaired = rank < 2 * extra;
        if (isPaired && rank % 2 == 0)
        {
            builder.Send(rank + 1, MemoryMap.Input, map.Slots, bytes, tag + FoldTag);
            builder.AwaitArrival(tag + ResultTag, bytes);
            return;
        }

        var sum = MemoryMap.Input;
        if (isPaired)
        {
            builder.AwaitArrival(tag + FoldTag, bytes);
            builder.Add(MemoryMap.Input, map.Slots, map.Output, bytes);
            sum = map.Output;
        }

        var place = isPaired ? rank / 2 : rank - extra;
        for (var step = 0; step < Steps(count); step++)
        {
            var other = place ^ (1 << step);
            var index = (2 * step) + parity;
            var slot = map.Slots + ((1 + index) * MemoryMap.Align(bytes));
            var sent = builder.Send(other < extra ? (2 * other) + 1 : other + extra, sum, slot, bytes, tag + FirstStepTag + index);
            builder.AwaitArrival(tag + FirstStepTag + index, bytes);
            if (sum == map.Output)
            {
                builder.AwaitSent(sent); // the sum changes where it is read from
            }

            builder.Add(sum, slot, map.Output, bytes);
            sum = map.Output;
        }

        if (isPaired)
        {
            builder.Send(rank - 1, map.Output, map.Output, bytes, tag + ResultTag);
        }
    }
}
