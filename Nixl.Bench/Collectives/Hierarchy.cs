namespace Nixl.Bench.Collectives;

/// <summary>All-reduce on two levels: within a group the members give their contribution to the leader, who adds them; the leaders reduce among themselves in a ring; each
/// leader gives the result to its members.</summary>
internal static class Hierarchy
{
    private const int ResultTag = 0;

    /// <summary>How many tags it uses.</summary>
    internal static int Tags(int groups, int groupSize) => groupSize + Ring.Tags(groups);

    /// <summary>Room at a leader: for each member's contribution, then for the ring.</summary>
    internal static long SlotBytes(int groups, int groupSize, long bytes, int elementSize)
        => checked(((groupSize - 1) * MemoryMap.Align(bytes)) + (groups > 1 ? Ring.SlotBytes(groups, bytes, elementSize) : 0));

    internal static Schedule Create(RankMemory memory, HierarchyShape shape, int rank, long bytes, int elementSize, int tag)
    {
        var builder = new ScheduleBuilder(memory, shape.Inside);
        try
        {
            if (rank % shape.GroupSize == 0)
            {
                AppendLeader(builder, memory.Map, shape, rank, bytes, elementSize, tag);
            }
            else
            {
                var member = rank % shape.GroupSize;
                builder.Send(rank - member, MemoryMap.Input, MemberSlot(memory.Map, member, bytes), bytes, tag + member);
                builder.AwaitArrival(tag + ResultTag, bytes);
            }

            return builder.Build();
        }
        catch
        {
            builder.Abandon();
            throw;
        }
    }

    private static void AppendLeader(ScheduleBuilder builder, MemoryMap map, HierarchyShape shape, int rank, long bytes, int elementSize, int tag)
    {
        for (var member = 1; member < shape.GroupSize; member++)
        {
            builder.AwaitArrival(tag + member, bytes);
            builder.Add(member == 1 ? MemoryMap.Input : map.Output, MemberSlot(map, member, bytes), map.Output, bytes);
        }

        if (shape.GroupSize == 1)
        {
            builder.Copy(MemoryMap.Input, map.Output, bytes);
        }

        if (shape.Groups > 1)
        {
            int[] leaders = [.. Enumerable.Range(0, shape.Groups).Select(group => group * shape.GroupSize)];
            var slots = MemberSlot(map, shape.GroupSize, bytes);
            var layout = new RingLayout(bytes, elementSize, map.Output, map.Output, slots, tag + shape.GroupSize);
            Ring.Append(builder.Over(shape.Between), leaders, rank / shape.GroupSize, layout);
        }

        builder.Over(shape.Inside);
        for (var member = 1; member < shape.GroupSize; member++)
        {
            builder.Send(rank + member, map.Output, map.Output, bytes, tag + ResultTag);
        }
    }

    private static long MemberSlot(MemoryMap map, int member, long bytes) => map.Slots + ((member - 1) * MemoryMap.Align(bytes));
}
