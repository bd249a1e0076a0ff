using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

public sealed unsafe class CallersMemoryTests
{
    [Test]
    public void RegisteredAddress_IsReachedByTransfers_AndStaysTheCallers()
    {
        using var world = new World(new InMemoryHarness());
        var pointer = NativeMemory.AllocZeroed(256);
        try
        {
            var source = world.AddBuffer(world.Target, 256, seed: 5);
            var registration = world.Initiator.Register((nint)pointer, 256);
            World.Introduce(world.Initiator, world.Target);
            using var transfer = world.Initiator.CreateTransfer(
                TransferOperation.Read, registration.ToDescriptors(), new DescriptorList(MemoryType.Dram, [source.Descriptor]), world.Target.Name);
            transfer.Post();
            SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, TimeSpan.FromSeconds(10)).Should().BeTrue();

            new Span<byte>(pointer, 256).SequenceEqual(source.Bytes).Should().BeTrue();
            registration.Owner.IsCallers.Should().BeTrue();
            world.Initiator.Deregister(registration);
        }
        finally
        {
            NativeMemory.Free(pointer);
        }
    }

    [Test]
    public void RegisterUnmanaged_IsTheSpansRange()
    {
        using var agent = ShelfEngine.CreateAgent();
        Span<long> span = stackalloc long[4];
        fixed (long* pointer = span)
        {
            using var registration = agent.RegisterUnmanaged<long>(span);

            registration.Descriptors.Should().Equal(new MemoryDescriptor((ulong)pointer, 32));
            registration.Owner.IsCallers.Should().BeTrue();
        }
    }

    [Test]
    public void Register_DeviceMemoryByAddress_CarriesTypeAndOrdinal()
    {
        using var agent = ShelfEngine.CreateAgent();

        using var registration = agent.Register(unchecked((nint)0x7f00_0000_0000), 4096, MemoryType.Vram, deviceId: 3);

        registration.Type.Should().Be(MemoryType.Vram);
        registration.Descriptors.Should().Equal(new MemoryDescriptor(0x7f00_0000_0000, 4096, 3));
    }

    [Test]
    public void Register_NullAndEmpty_AreRefused()
    {
        using var agent = ShelfEngine.CreateAgent();

        agent.Invoking(static a => a.Register(0, 16)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
        agent.Invoking(static a => a.Register(4096, 0)).Should().Throw<ArgumentOutOfRangeException>();
        agent.Invoking(static a => a.Register(-16, 32)).Should().Throw<NixlException>().Which.Detail.Should().Contain("overflows");
        agent.Invoking(static a => a.RegisterUnmanaged(ReadOnlySpan<int>.Empty)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    [TestCase(MemoryType.Object, 0ul)]
    [TestCase(MemoryType.Block, 4096ul)]
    [TestCase(MemoryType.File, 1ul)]
    [TestCase(MemoryType.File, ulong.MaxValue)]
    public void Register_StorageOfLength0_IsEverythingFromTheAddressOn(MemoryType type, ulong address)
    {
        using var agent = ShelfEngine.CreateAgent();

        using var registration = agent.Register(new RegistrationList(type, [(address, 0, 7, "key"), (8, 16, 7)]));

        registration.Descriptors.Should().Equal(new MemoryDescriptor(address, ulong.MaxValue - address, 7), new MemoryDescriptor(8, 16, 7));
        registration.PartAt(0).Regions[0].Region.MetaInfo.ToArray().Should().Equal("key"u8.ToArray());
    }

    [Test]
    public void Register_HostMemoryOfLength0_StaysAsItIs()
    {
        using var agent = ShelfEngine.CreateAgent();

        agent.Register(new RegistrationList(MemoryType.Dram, [(4096, 0, 0)])).Descriptors.Should().Equal(new MemoryDescriptor(4096, 0));
    }
}
