namespace Nixl.Bench.Collectives;

/// <summary>All-reduce in a ring: n - 1 steps in which partial sums of a chunk go around, then n - 1 in which the sums do. Every rank sends 2(n - 1)/n of the bytes.</summary>
/// <remarks>A place is free again when the operation has ended at the rank that writes there: that rank has every chunk's sum by then, and a chunk's sum exists only after
/// every rank has added what was written for it. So no rank asks before it writes, and one notification per chunk is all that is sent beside the data.</remarks>
internal static class Ring
{
    /// <summary>How many tags a ring uses.</summary>
    internal static int Tags(int count) => 2 * (count - 1);

    /// <summary>Room for the partial sums of all steps: each has its own.</summary>
    internal static long SlotBytes(int count, long bytes, int elementSize) => (count - 1) * ChunkMax(count, bytes, elementSize);

    internal static Schedule Create(RankMemory memory, string backend, IReadOnlyList<int> members, int position, RingLayout layout)
    {
        var builder = new ScheduleBuilder(memory, backend);
        try
        {
            Append(builder, members, position, layout);
            return builder.Build();
        }
        catch
        {
            builder.Abandon();
            throw;
        }
    }

    /// <summary>Adds the steps of the rank at <paramref name="position"/> of <paramref name="members"/>.</summary>
    /// <param name="builder">Takes the steps.</param>
    /// <param name="members">The ranks of the ring, in order.</param>
    /// <param name="position">This rank's place among them.</param>
    /// <param name="layout">Bytes, offsets and the first tag.</param>
    internal static void Append(ScheduleBuilder builder, IReadOnlyList<int> members, int position, RingLayout layout)
    {
        var count = members.Count;
        var next = members[(position + 1) % count];
        for (var step = 0; step < count - 1; step++)
        {
            var sent = layout.Chunk(Modulo(position - step, count), count);
            var slot = layout.Slots + (step * ChunkMax(count, layout.Bytes, layout.ElementSize));
            builder.Send(next, (step == 0 ? layout.Input : layout.Output) + sent.Start, slot, sent.Length, layout.Tag + step);
            var received = layout.Chunk(Modulo(position - step - 1, count), count);
            builder.AwaitArrival(layout.Tag + step, received.Length);
            builder.Add(layout.Input + received.Start, slot, layout.Output + received.Start, received.Length);
        }

        for (var step = 0; step < count - 1; step++)
        {
            var tag = layout.Tag + count - 1 + step;
            var sent = layout.Chunk(Modulo(position + 1 - step, count), count);
            builder.Send(next, layout.Output + sent.Start, layout.Output + sent.Start, sent.Length, tag);
            builder.AwaitArrival(tag, layout.Chunk(Modulo(position - step, count), count).Length);
        }
    }

    private static long ChunkMax(int count, long bytes, int elementSize) => ((bytes / elementSize / count) + 1) * elementSize;

    private static int Modulo(int value, int count) => ((value % count) + count) % count;
}
