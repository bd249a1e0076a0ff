using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Transfers;

/// <summary>Preparing a side from strided ranges instead of a list.</summary>
public sealed class StridedPreparationTests
{
    private const int Block = 64;
    private const int Stride = 96;

    private World _world = null!;
    private GuardedBuffer _source = null!;
    private GuardedBuffer _target = null!;

    [SetUp]
    public void Open()
    {
        _world = new World(new InMemoryHarness());
        _source = _world.AddBuffer(_world.Initiator, 100 * Stride);
        _target = _world.AddBuffer(_world.Target, 100 * Stride, seed: 2);
        _world.IntroduceBoth();
    }

    [TearDown]
    public void Close()
    {
        _world.RequireOrder();
        _world.Dispose();
    }

    [Test]
    public async Task Indices_RunThroughAllRangesInOrder()
    {
        var start = _source.Descriptor.Address;
        using var local = _world.Initiator.PrepareDescriptors(
            NixlAgent.LocalSide,
            MemoryType.Dram,
            new StridedDescriptor(start, Block, Stride, 10),
            new StridedDescriptor(start, Block, Stride, 0),
            new StridedDescriptor(start + (50 * Stride), Block, 0, 1));
        using var remote = _world.Initiator.PrepareDescriptors(_world.Target.Name, MemoryType.Dram, new StridedDescriptor(_target.Descriptor.Address, Block, Stride, 100));
        local.Count.Should().Be(11);
        remote.Count.Should().Be(100);
        using var transfer = _world.Initiator.MakeTransfer(TransferOperation.Write, local, [10, 3, 4], remote, [99, 0, 1]);

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);

        Part(_target, 99).Should().Equal(Part(_source, 50));
        Part(_target, 0).Should().Equal(Part(_source, 3));
        Part(_target, 1).Should().Equal(Part(_source, 4));
        transfer.SegmentCount.Should().Be(3);
    }

    [Test]
    public void AMillionRanges_TakeNoMoreThanOne()
    {
        var address = _source.Descriptor.Address;
        long Allocated(int count)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            _world.Initiator.PrepareDescriptors(NixlAgent.LocalSide, MemoryType.Dram, new StridedDescriptor(address, Block, 0, count)).Dispose();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        _ = Allocated(1);

        Allocated(1_000_000).Should().Be(Allocated(1));
    }

    [Test]
    public void WrongRanges_AreRefused()
    {
        StatusOf().Should().Be(NixlStatus.InvalidParam, "there is none");
        StatusOf(new StridedDescriptor(_source.Descriptor.Address, Block, Stride, 0)).Should().Be(NixlStatus.InvalidParam);
        StatusOf(new StridedDescriptor(_source.Descriptor.Address, Block, Stride, -1)).Should().Be(NixlStatus.InvalidParam);
        StatusOf(new StridedDescriptor(ulong.MaxValue - 10, 5, 6, 3)).Should().Be(NixlStatus.InvalidParam);
        StatusOf(new StridedDescriptor(0, 0, 0, int.MaxValue), new StridedDescriptor(0, 0, 0, int.MaxValue)).Should().Be(NixlStatus.InvalidParam);
        var refusal = Prepare(new StridedDescriptor(_source.Descriptor.Address, Block, Stride, 101)).Should().Throw<NixlException>().Which;
        (refusal.Status, refusal.DescriptorIndex).Should().Be((NixlStatus.NotFound, 100));
    }

    private NixlStatus StatusOf(params StridedDescriptor[] ranges) => Prepare(ranges).Should().Throw<NixlException>().Which.Status;

    private Action Prepare(params StridedDescriptor[] ranges) => () => _world.Initiator.PrepareDescriptors(NixlAgent.LocalSide, MemoryType.Dram, ranges);

    private static byte[] Part(GuardedBuffer buffer, int index) => buffer.Bytes.Slice(index * Stride, Block).ToArray();
}
