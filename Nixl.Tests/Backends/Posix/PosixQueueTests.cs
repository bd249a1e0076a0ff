using System.IO.MemoryMappedFiles;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Backends.Posix;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>Which queue serves, and how it behaves towards the kernel.</summary>
public sealed class PosixQueueTests
{
    private const int Block = 4096;
    private const int Blocks = 4096;

    [TestCase("use_uring", "true", "io_uring")]
    [TestCase("use_aio", "true", "Linux AIO")]
    [TestCase("use_posix_aio", "true", "thread pool")]
    public void NamedQueue_ServesEverything(string parameter, string value, string served)
    {
        using var world = new PosixWorld(Block, (parameter, value));

        world.Agent.DescribeTransports("POSIX", world.Agent.Name).Should().StartWith(served).And.NotContain("page cache");
    }

    [Test]
    public void PosixAio_SaysThatThreadsServeIt()
    {
        using var world = new PosixWorld(Block, ("use_posix_aio", "true"), ("thread_count", "3"));

        world.Log.Should().Contain(static entry => entry.Id == 2402 && entry.Text.Contains("3 threads"));
    }

    [Test]
    public void Default_TakesTheKernelsQueueForDirectFilesOnly()
    {
        using var world = new PosixWorld(Block);

        world.Agent.DescribeTransports("POSIX", world.Agent.Name).Should().Contain("for direct I/O, thread pool").And.Contain("through the page cache");
        world.Log.Count(static entry => entry.Level >= LogLevel.Warning).Should().Be(QueueProbe.Uring is null ? 0 : 1, "only a fallback is worth a warning, once");
    }

    [Test]
    public void UringThatIsForbidden_IsReplacedInTheDefault_AndSaidSo()
    {
        using var world = new PosixWorld(Block, ("use_uring", "false"));

        world.Agent.DescribeTransports("POSIX", world.Agent.Name).Should().StartWith("Linux AIO");
        world.Log.Should().ContainSingle(static entry => entry.Id == 2406);
    }

    [TestCase("kernel_queue_size", "8", "16 in flight")]
    [TestCase("kernel_queue_size", "5000", "1024 in flight")]
    [TestCase("ios_pool_size", "64", "64 in flight")]
    [TestCase("ios_pool_size", "0", "256 in flight")]
    public void Sizes_AreBoundedAsUpstreamBoundsThem(string parameter, string value, string described)
    {
        using var world = new PosixWorld(Block, ("use_uring", "true"), (parameter, value));

        world.Agent.DescribeTransports("POSIX", world.Agent.Name).Should().Contain(described);
    }

    [TestCase("kernel_queue_size", "many")]
    [TestCase("durable", "perhaps")]
    [TestCase("thread_count", "100000")]
    public void MalformedParameter_IsRefusedByName(string parameter, string value)
        => FluentActions.Invoking(() => new PosixWorld(Block, (parameter, value))).Should().Throw<NixlException>().Which.Message.Should().Contain(parameter);

    [Test]
    public void ScatteredBlocks_AreSubmittedAQueueAtATime([Values("use_uring", "use_aio")] string queue)
    {
        const int Count = 1024;
        using var world = OpenDirect(out var file, (queue, "true"));
        using var transfer = world.Create(TransferOperation.Read, file, Scattered(Count));
        var kernel = EngineOf(transfer).Queues!.Kernel!;

        PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);

        // The queue holds 256: it is filled once, and topped up by half or more each time.
        kernel.Submissions.Should().BeInRange(1, 40, "not one per block");
        kernel.InFlight.Should().Be(0);
    }

    [Test]
    public async Task Cancellation_IsAskedOfTheKernel([Values("use_uring", "use_aio")] string queue)
    {
        using var world = OpenDirect(out var file, (queue, "true"));
        using var transfer = world.Create(TransferOperation.Write, file, Scattered(Blocks));
        var kernel = EngineOf(transfer).Queues!.Kernel!;

        for (var round = 0; round < 100 && kernel.Cancellations == 0; round++)
        {
            transfer.Post();
            transfer.Cancel();
            (await transfer.WhenQuiescent()).Should().BeOneOf(NixlStatus.Canceled, NixlStatus.Success);
        }

        kernel.Cancellations.Should().BePositive("the kernel had operations of the transfer");
        kernel.InFlight.Should().Be(0, "the end waits for all of them");
        transfer.BytesDone.Should().BeLessThan(transfer.TotalBytes);
        PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);
    }

    [Test]
    public void RegisteredBuffers_AreUsedAndGivenBack()
    {
        using var world = OpenDirect(out var file, ("use_uring", "true"), ("register_buffers", "true"));
        using var transfer = world.Create(TransferOperation.Write, file, Scattered(64));
        var buffers = EngineOf(transfer).Queues!.Buffers!;
        var before = buffers.Bytes;

        before.Should().BePositive();
        PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);
        using (var memory = world.Agent.AllocateMemory(1 << 20))
        using (world.Agent.Register(memory))
        {
            buffers.Bytes.Should().Be(before + (1 << 20));
        }

        buffers.Bytes.Should().Be(before);
    }

    [Test]
    public unsafe void MemoryThatTheRingRefuses_IsMovedAllTheSame_AndSaidOnce()
    {
        using var world = new PosixWorld(Block, ("use_uring", "true"), ("register_buffers", "true"));
        var content = File.ReadAllBytes(world.NewFile("source", 2 * Block));
        var copy = world.PathOf("copy");
        var file = world.Open(copy, "rw,create");
        using var source = MemoryMappedFile.CreateFromFile(world.PathOf("source"), FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using var view = source.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            // Memory that cannot be written to is refused whatever may be locked, to root, too.
            using var first = world.Agent.Register(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)start, Block)]));
            using var second = world.Agent.Register(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)start + Block, Block)]));
            using var transfer = world.Agent.CreateTransfer(
                TransferOperation.Write,
                new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)start, Block), new MemoryDescriptor((ulong)start + Block, Block)]),
                new DescriptorList(MemoryType.File, [new MemoryDescriptor(0, Block, file), new MemoryDescriptor(Block, Block, file)]),
                world.Agent.Name);

            PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);

            File.ReadAllBytes(copy).Should().Equal(content);
            world.Log.Should().ContainSingle(static entry => entry.Id == 2403).Which.Text.Should().Contain($"{Block} bytes").And.Contain("not writable");
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    [Test]
    public void RangeBeyondOneGibibyte_IsRegisteredInPieces_AndWhatLiesAcrossThemIsMoved()
    {
        const int Parts = 513;
        const long Border = 1L << 30;
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("More than a gibibyte is locked, which takes root.");
        }

        using var world = new PosixWorld(Block, ("use_uring", "true"), ("register_buffers", "true"));
        using var memory = new RepeatedMemory(Parts, seed: 9);
        var copy = world.PathOf("copy");
        var file = world.Open(copy, "rw,create");
        using var registration = world.Agent.Register(new DescriptorList(MemoryType.Dram, [memory.At(0, (long)Parts * RepeatedMemory.PartBytes)]));
        using var transfer = world.Agent.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [memory.At(Border - Block, Block), memory.At(Border - 100, Block), memory.At(Border, Block)]),
            new DescriptorList(MemoryType.File, [new MemoryDescriptor(0, Block, file), new MemoryDescriptor(Block, Block, file), new MemoryDescriptor(2 * Block, Block, file)]),
            world.Agent.Name,
            new TransferOptions { SkipDescriptorMerge = true });

        EngineOf(transfer).Queues!.Buffers!.Bytes.Should().Be((long)Parts * RepeatedMemory.PartBytes + Block);
        PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);

        var part = memory.Part.AsSpan();
        byte[] expected = [.. part[^Block..], .. part[^100..], .. part[..(Block - 100)], .. part[..Block]];
        File.ReadAllBytes(copy).Should().Equal(expected);
    }

    [Test]
    public void Estimate_ComesFromMeasuredTransfers()
    {
        using var world = new PosixWorld(1 << 20);
        var file = world.Open(world.NewFile("estimated", 1 << 20));
        using var transfer = world.Create(TransferOperation.Read, file, (0L, 0UL, 1 << 20));

        transfer.EstimateCost(out _).Should().Be(NixlStatus.NotSupported, "nothing was measured yet");
        PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);
        transfer.EstimateCost(out var cost).Should().Be(NixlStatus.Success);

        cost.Method.Should().Be(CostMethod.Measured);
        cost.Duration.Should().BePositive().And.BeLessThan(TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task Query_TellsSizeModeAndTime_OrAbsence()
    {
        using var world = new PosixWorld(Block);
        var path = world.NewFile("asked", 12_345);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(1_700_000_000));

        var answers = await world.Agent.QueryMemoryAsync(
            "POSIX", MemoryType.File, [new(default, path), new(default, "/no/such/file"), new(default, $"ro:{path}"), new(default, $"{path}/below")]);

        answers[0].Should().Contain("size", "12345").And.Contain("mtime", "1700000000").And.Contain("mode", $"{Convert.ToInt32(Command.Run("stat", "-c", "%f", path).Output.Trim(), 16)}");
        answers[1].Should().BeNull();
        answers[2].Should().BeEquivalentTo(answers[0]);
        answers[3].Should().BeNull();
        (await FluentActions.Awaiting(() => world.Agent.QueryMemoryAsync("POSIX", MemoryType.File, [new(default, "")])).Should().ThrowAsync<NixlException>())
            .Which.Status.Should().Be(NixlStatus.InvalidParam);
        (await FluentActions.Awaiting(() => world.Agent.QueryMemoryAsync("POSIX", MemoryType.Dram, [new(default, path)])).Should().ThrowAsync<NixlException>())
            .Which.Status.Should().Be(NixlStatus.NotSupported);
    }

    private static PosixEngine EngineOf(Transfer transfer) => (PosixEngine)transfer.Instance.Engine;

    private static (long Memory, ulong Offset, int Length)[] Scattered(int count)
    {
        var places = Enumerable.Range(0, Blocks).ToArray();
        new Random(3).Shuffle(places);
        return [.. places.Take(count).Select(static (place, i) => ((long)i * Block, (ulong)place * Block, Block))];
    }

    private static PosixWorld OpenDirect(out ulong file, params ReadOnlySpan<(string, string)> parameters)
    {
        if (QueueProbe.Direct is { } reason)
        {
            Assert.Ignore(reason);
        }

        var world = new PosixWorld(Blocks * Block, parameters);
        file = world.Open(world.NewFile("direct", Blocks * Block), "rw,direct");
        return world;
    }
}
