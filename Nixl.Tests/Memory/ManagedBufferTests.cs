using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

public sealed class ManagedBufferTests
{
    [Test]
    public async Task RegisteredArray_AfterCompactingCollections_ReceivesTheBytes()
    {
        using var world = new World(new InMemoryHarness());
        var garbage = Enumerable.Range(0, 200).Select(static _ => new byte[4000]).ToList();
        var array = new int[1000];
        var before = Address(array);
        var source = world.AddBuffer(world.Target, array.Length * sizeof(int), seed: 7);
        using var registration = world.Initiator.Register(array);
        World.Introduce(world.Initiator, world.Target);

        garbage.Clear();
        for (var i = 0; i < 4; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        }

        await world.Initiator.TransferAsync(
            TransferOperation.Read, registration.ToDescriptors(), new DescriptorList(MemoryType.Dram, [source.Descriptor]), world.Target.Name);

        Address(array).Should().Be(before).And.Be(registration.Descriptors[0].Address);
        MemoryMarshal.AsBytes(array.AsSpan()).SequenceEqual(source.Bytes).Should().BeTrue();
    }

    [Test]
    public async Task RegisteredMemory_OfAnotherElement_IsReadFromItsFirstToItsLastByte()
    {
        using var world = new World(new InMemoryHarness());
        var array = Enumerable.Range(0, 100).Select(static i => (double)i).ToArray();
        var target = world.AddBuffer(world.Target, 50 * sizeof(double));
        using var registration = world.Initiator.Register(array.AsMemory(25, 50));
        World.Introduce(world.Initiator, world.Target);

        await world.Initiator.TransferAsync(
            TransferOperation.Write, registration.ToDescriptors(), new DescriptorList(MemoryType.Dram, [target.Descriptor]), world.Target.Name);

        MemoryMarshal.Cast<byte, double>(target.Bytes).ToArray().Should().Equal(array[25..75]);
    }

    [Test]
    public void RegisteredArray_IsKeptUntilTheRegistrationIsDisposed()
    {
        using var agent = ShelfEngine.CreateAgent();
        var (registration, array) = RegisterForgottenArray(agent);

        Collect();
        IsAlive(array).Should().BeTrue("a peer may write to it");

        registration.Dispose();
        Collect();
        IsAlive(array).Should().BeFalse("nobody needs it any more");
    }

    [Test]
    public void RefusedArray_IsNotKept()
    {
        using var agent = ShelfEngine.CreateAgent(refuse: "all");

        var array = RegisterRefusedArray(agent);

        Collect();
        IsAlive(array).Should().BeFalse();
    }

    [Test]
    public void Register_SeveralBuffers_IsOneRegistrationInTheirOrder()
    {
        using var agent = ShelfEngine.CreateAgent();
        long[][] arrays = [new long[3], new long[5]];

        using var fromArrays = agent.Register(arrays);
        using var fromMemories = agent.Register<long>([arrays[1].AsMemory(1), arrays[0].AsMemory(2)]);

        fromArrays.Descriptors.Should().Equal(new MemoryDescriptor(Address(arrays[0]), 24), new MemoryDescriptor(Address(arrays[1]), 40));
        fromMemories.Descriptors.Should().Equal(new MemoryDescriptor(Address(arrays[1]) + 8, 32), new MemoryDescriptor(Address(arrays[0]) + 16, 8));
    }

    [Test]
    public void Register_AnEmptyBufferAmongSeveral_IsRefusedWithItsIndex()
    {
        using var agent = ShelfEngine.CreateAgent();

        agent.Invoking(static a => a.Register(new[] { new byte[1], [] })).Should().Throw<NixlException>().Which.Should().Match<NixlException>(
            static e => e.Status == NixlStatus.InvalidParam && e.DescriptorIndex == 1 && e.Agent == null && e.Detail.Contains("empty"));
        agent.Invoking(static a => a.Register(Array.Empty<byte[]>())).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void Register_StructsWithBoolsAndChars_IsPinnedOrRefusedAsInvalid()
    {
        using var agent = ShelfEngine.CreateAgent();
        var array = new Mixed[4];

        var register = () => agent.Register(array).Descriptors[0];

        // The runtime decides which element types it pins; either way there is no foreign exception and no wrong address.
        try
        {
            register().Should().Be(new MemoryDescriptor(Address(array), (ulong)(4 * Unsafe.SizeOf<Mixed>())));
        }
        catch (NixlException error)
        {
            error.Status.Should().Be(NixlStatus.InvalidParam);
            error.Detail.Should().Contain(nameof(Mixed));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (MemoryRegistration Registration, WeakReference<byte[]> Array) RegisterForgottenArray(NixlAgent agent)
    {
        var array = new byte[100];
        return (agent.Register(array), new WeakReference<byte[]>(array));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<byte[]> RegisterRefusedArray(NixlAgent agent)
    {
        var array = new byte[100];
        agent.Invoking(a => a.Register(array)).Should().Throw<NixlException>();
        return new WeakReference<byte[]>(array);
    }

    // In a method of its own: a local of the test, even a discarded one, may keep the array alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsAlive(WeakReference<byte[]> array) => array.TryGetTarget(out _);

    private static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }

    private static unsafe ulong Address<T>(T[] array)
        where T : unmanaged
        => (ulong)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));

    private record struct Mixed(bool Flag, char Letter, long Number);
}
