using FluentAssertions;
using Nixl.Backends;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Registering and deregistering.</summary>
public abstract class MemoryConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private const int Length = 1 << 16;

    [Test]
    public void Register_NamesTheBackendAndTheRanges()
    {
        var buffer = World.AddBuffer(Initiator, Length);

        buffer.Registration!.Backends.Should().Equal(Harness.Backend);
        buffer.Registration.Failures.Should().BeEmpty();
        buffer.Registration.Descriptors.Should().Equal(buffer.Descriptor);
    }

    [Test]
    public void Register_OverlappingAndRepeated_StayIndependent()
    {
        Requires(BackendTraits.Remote);
        var source = World.AddBuffer(Initiator, Length);
        var destination = World.AddBuffer(Target, Length, seed: 2);
        using var same = Target.Register(Dram(destination.Descriptor));
        using var part = Target.Register(Dram(destination.At(100, 1000)));
        part.Dispose();
        Target.Deregister(destination);
        World.IntroduceBoth();

        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);

        RequireSuccess(transfer);
        destination.Bytes.SequenceEqual(source.Bytes).Should().BeTrue();
    }

    [Test]
    public void Register_AnOverflowingRange_IsRefusedWithItsIndex()
    {
        var buffer = World.AddBuffer(Initiator, Length);

        var refusal = Refusal(() => Initiator.Register(Dram(buffer.At(0, 16), new MemoryDescriptor(ulong.MaxValue - 10, 100))));

        refusal.Status.Should().Be(NixlStatus.InvalidParam);
        refusal.DescriptorIndex.Should().Be(1);
    }

    [Test]
    public void Register_AnEmptyList_IsRefused()
        => Refusal(() => Initiator.Register(Dram())).Status.Should().Be(NixlStatus.InvalidParam);

    [Test]
    public void Register_MemoryOfATypeThatItDoesNotTake_IsRefused()
    {
        var missing = Enum.GetValues<MemoryType>().First(type => !Initiator.Backends[0].Capabilities.MemoryTypes.Includes(type));

        var refusal = Refusal(() => Initiator.Register(new DescriptorList(missing, [new MemoryDescriptor(0, 4096)])));

        refusal.Status.Should().Be(NixlStatus.NotFound);
        refusal.Hint.Should().Contain(Harness.Backend);
    }

    [Test]
    public void Register_ManyRanges_EachCanBeReached()
    {
        Requires(BackendTraits.Remote);
        const int Count = 200;
        const int Piece = 256;
        var source = World.AddBuffer(Initiator, Count * Piece);
        var destination = World.AddUnregistered(Target, Count * Piece);
        var pieces = Enumerable.Range(0, Count).Select(i => destination.At(i * Piece, Piece)).ToArray();
        using var registration = Target.Register(Dram(pieces.Reverse().ToArray()));
        World.IntroduceBoth();
        var sources = Enumerable.Range(0, Count).Select(i => source.At(i * Piece, Piece)).ToArray();

        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(sources), Dram(pieces), Target.Name);

        RequireSuccess(transfer);
        destination.Bytes.SequenceEqual(source.Bytes).Should().BeTrue();
    }

    [Test]
    public void Deregister_ClosesTheMemoryToTransfersAtOnce()
    {
        Requires(BackendTraits.Remote);
        var source = World.AddBuffer(Initiator, Length);
        var destination = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();
        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);
        RequireSuccess(transfer);

        Initiator.Deregister(source.Registration!);

        transfer.Post().Should().Be(NixlStatus.NotFound);
        Refusal(() => Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name))
            .Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public async Task Deregister_InEveryWay_IsHarmlessWhenRepeated()
    {
        var buffer = World.AddBuffer(Initiator, Length);

        Initiator.Deregister(buffer.Registration!);
        Initiator.Deregister(buffer.Registration!);
        await Initiator.DeregisterAsync(buffer.Registration!);
        buffer.Registration!.Dispose();

        World.AddBuffer(Initiator, Length).Registration!.Backends.Should().ContainSingle();
    }

    [Test]
    public void Register_AgentMemoryThatIsDisposedLater_StaysUsable()
    {
        Requires(BackendTraits.Remote);
        var source = Initiator.AllocateMemory(Length);
        source.GetSpan().Fill(7);
        using var registration = Initiator.Register(source);
        source.Dispose();
        var destination = World.AddBuffer(Target, Length);
        World.IntroduceBoth();

        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, registration.ToDescriptors(), Dram(destination.Descriptor), Target.Name);

        RequireSuccess(transfer);
        destination.Bytes.IndexOfAnyExcept((byte)7).Should().Be(-1);
    }

    [Test]
    public void Register_ManagedMemory_IsPinnedAndUsable()
    {
        Requires(BackendTraits.Remote);
        var array = new byte[Length];
        new Random(3).NextBytes(array);
        using var registration = Initiator.Register(array.AsMemory(16, 1000));
        var destination = World.AddBuffer(Target, 1000);
        World.IntroduceBoth();
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);

        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, registration.ToDescriptors(), Dram(destination.Descriptor), Target.Name);

        RequireSuccess(transfer);
        destination.Bytes.SequenceEqual(array.AsSpan(16, 1000)).Should().BeTrue();
    }
}
