using FluentAssertions;
using Nixl.Backends;
using Nixl.Backends.Ucx.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>That the table of registrations keeps each until one caller takes it, whoever adds and takes at the same time.</summary>
public sealed class UcxMemorySlotsTests
{
    private int _added;

    [Test]
    public void WhatIsAdded_IsTakenOnce_AndTheRestAtTheEnd([Values(1, 63, 64, 65, 5_000)] int count)
    {
        var slots = new UcxMemorySlots();
        var all = Enumerable.Range(0, count).Select(static _ => Any()).ToList();
        all.ForEach(memory => slots.TryAdd(memory).Should().BeTrue());
        all.Select(static memory => memory.Slot).Should().OnlyHaveUniqueItems();

        var taken = all.Where((_, i) => i % 3 == 0).ToList();
        taken.ForEach(memory => TryTake(slots, memory).Should().BeTrue());
        taken.ForEach(memory => slots.TryRemove(memory).Should().BeFalse("it is somebody's already"));

        slots.Close(out _).Should().BeEquivalentTo(all.Except(taken));
        slots.TryAdd(Any()).Should().BeFalse("the table is closed");
        slots.Close(out _).Should().BeEmpty();
    }

    [Test]
    public void APlaceThatWasFreed_IsUsedAgain()
    {
        var slots = new UcxMemorySlots();
        var highest = 0;
        for (var round = 0; round < 200; round++)
        {
            var some = Enumerable.Range(0, 100).Select(static _ => Any()).ToList();
            some.ForEach(memory => slots.TryAdd(memory).Should().BeTrue());
            highest = Math.Max(highest, some.Max(static memory => memory.Slot));
            some.ForEach(memory => TryTake(slots, memory).Should().BeTrue());
        }

        highest.Should().BeLessThan(1_000, "a hundred at a time need no more room than a few hundred");
    }

    [Test]
    public async Task Close_WaitsForWhatIsBeingGivenBack()
    {
        var slots = new UcxMemorySlots();
        var (kept, returning) = (Any(), Any());
        slots.TryAdd(kept).Should().BeTrue();
        slots.TryAdd(returning).Should().BeTrue();
        slots.TryRemove(returning).Should().BeTrue();

        var closing = Task.Run(() => (slots.Close(out var isQuiet), isQuiet));
        await Task.Delay(50);
        closing.IsCompleted.Should().BeFalse("what was taken out is still with libucp");
        slots.Returned(returning);

        var (left, isQuiet) = await closing.WaitAsync(TimeSpan.FromSeconds(20));
        left.Should().Equal(kept);
        isQuiet.Should().BeTrue();
    }

    [Test]
    [CancelAfter(60_000)]
    public void ManyThreads_EachGetBackWhatTheyAdded_UntilItIsClosed(CancellationToken cancellation)
    {
        const int Threads = 4;
        var slots = new UcxMemorySlots();
        var kept = new List<UcxMemory>[Threads];
        using var start = new Barrier(Threads + 1);
        var workers = Enumerable.Range(0, Threads).Select(number => Task.Factory.StartNew(
            () => kept[number] = Work(slots, number, start, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        start.SignalAndWait(cancellation);
        SpinWait.SpinUntil(() => Volatile.Read(ref _added) > 20_000, TimeSpan.FromSeconds(30)).Should().BeTrue(); // in the middle of it
        var closed = slots.Close(out var isQuiet);
        isQuiet.Should().BeTrue();

        Task.WaitAll(workers, cancellation);
        closed.Should().OnlyHaveUniqueItems();
        closed.Should().BeEquivalentTo(kept.SelectMany(static own => own), "what no thread took back is the table's, and nothing else");
    }

    /// <summary>Adds and takes until the table is closed.</summary>
    /// <returns>What was added and then found taken by whoever closed the table.</returns>
    private List<UcxMemory> Work(UcxMemorySlots slots, int seed, Barrier start, CancellationToken cancellation)
    {
        var random = new Random(seed);
        var own = new List<UcxMemory>();
        start.SignalAndWait(cancellation);
        while (!cancellation.IsCancellationRequested)
        {
            var memory = Any();
            if (!slots.TryAdd(memory))
            {
                break;
            }

            own.Add(memory);
            Interlocked.Increment(ref _added);
            while (own.Count > 0 && random.Next(100) < (own.Count < 2_000 ? 45 : 55))
            {
                var last = random.Next(own.Count);
                if (!TryTake(slots, own[last]))
                {
                    return own;
                }

                own.RemoveAt(last);
            }
        }

        return own;
    }

    private static bool TryTake(UcxMemorySlots slots, UcxMemory memory)
    {
        var isTaken = slots.TryRemove(memory);
        if (isTaken)
        {
            slots.Returned(memory);
        }

        return isTaken;
    }

    private static unsafe UcxMemory Any() => new(new MemoryRegion(MemoryType.Dram, new MemoryDescriptor(4096, 4096)), null);
}
