using System.Runtime.CompilerServices;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

[Platform(Include = "Linux", Reason = "The memory is a Linux memfd.")]
public sealed class NixlMemoryLifetimeTests
{
    private const int Length = 1 << 20;

    private string _name = "";

    [SetUp]
    public void ChooseName() => _name = OwnMappings.UniqueName();

    [Test]
    public void Dispose_UnmapsAndCloses()
    {
        var memory = Allocate();
        IsMapped().Should().BeTrue();

        memory.Dispose();

        OwnMappings.CountMappings(_name).Should().Be(0);
        OwnMappings.CountDescriptors(_name).Should().Be(0);
        memory.IsDisposed.Should().BeTrue();
    }

    [Test]
    public void Dispose_ThroughUsingAndTwice_IsHarmless()
    {
        var memory = Allocate();

        ((IDisposable)memory).Dispose();
        memory.Dispose();

        OwnMappings.CountDescriptors(_name).Should().Be(0);
    }

    [Test]
    public void Disposed_RefusesEveryAccess()
    {
        var memory = Allocate();
        var slice = memory.Slice(0, 1);
        memory.Dispose();

        memory.Invoking(m => m.GetSpan()).Should().Throw<ObjectDisposedException>();
        memory.Invoking(m => m.GetSpan(0, 1)).Should().Throw<ObjectDisposedException>();
        memory.Invoking(m => m.Slice(0, 1)).Should().Throw<ObjectDisposedException>();
        memory.Invoking(m => m.Pin()).Should().Throw<ObjectDisposedException>();
        slice.Invoking(s => s.Span.Length).Should().Throw<ObjectDisposedException>();
        memory.TryAddReference().Should().BeFalse();
    }

    [Test]
    public void Reference_PostponesTheUnmapping()
    {
        var memory = Allocate();
        memory.TryAddReference().Should().BeTrue();
        memory.TryAddReference().Should().BeTrue();

        memory.Dispose();
        IsMapped().Should().BeTrue();
        memory.Invoking(m => m.GetSpan()).Should().Throw<ObjectDisposedException>();
        memory.TryAddReference().Should().BeFalse("the memory was disposed, although it is still mapped");
        WriteAt(memory.Address);

        memory.ReleaseReference();
        IsMapped().Should().BeTrue();
        memory.ReleaseReference();
        OwnMappings.CountMappings(_name).Should().Be(0);
        OwnMappings.CountDescriptors(_name).Should().Be(0);
    }

    [Test]
    public void Pin_PostponesTheUnmapping()
    {
        var memory = Allocate();
        var pin = memory.Memory[16..].Pin();
        memory.Dispose();

        unsafe
        {
            ((ulong)pin.Pointer).Should().Be(memory.Address + 16);
            *(byte*)pin.Pointer = 1;
        }

        IsMapped().Should().BeTrue();
        pin.Dispose();
        IsMapped().Should().BeFalse();
    }

    [Test]
    public void Pin_OutsideTheMemory_IsRefused()
    {
        using var memory = Allocate();

        memory.Invoking(m => m.Pin(-1)).Should().Throw<ArgumentOutOfRangeException>();
        memory.Invoking(m => m.Pin(Length + 1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Test]
    public void Unpin_WithoutAPin_IsRefusedAndKeepsTheMemory()
    {
        using var memory = Allocate();

        memory.Invoking(m => m.Unpin()).Should().Throw<InvalidOperationException>();

        memory.GetSpan()[0] = 1;
        IsMapped().Should().BeTrue();
    }

    [Test]
    public void DisposeAndReferences_FromManyThreads_NeverTouchUnmappedMemory()
    {
        for (var round = 0; round < 200; round++)
        {
            var memory = Allocate();
            using var start = new Barrier(4);
            var threads = Enumerable.Range(0, 4).Select(index => new Thread(() => UseOrDispose(memory, start, dispose: index == 0))).ToArray();

            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            memory.Dispose();

            OwnMappings.CountDescriptors(_name).Should().Be(0);
        }

        OwnMappings.CountMappings(_name).Should().Be(0);
    }

    [Test]
    public void Dropped_IsUnmappedAndClosedByTheCollector()
    {
        AllocateAndDrop();

        Collected(() => OwnMappings.CountDescriptors(_name) == 0 && OwnMappings.CountMappings(_name) == 0).Should().BeTrue();
    }

    [Test]
    public void Dropped_WithAReference_StaysMapped()
    {
        var (weak, address) = AllocateReferenceAndDrop();

        Collected(() => !weak.IsAlive).Should().BeTrue();
        GC.WaitForPendingFinalizers();

        IsMapped().Should().BeTrue("something that the collector does not see may still write to it");
        WriteAt(address);
        unsafe
        {
            Nixl.Interop.Mman.munmap((nint)address, Length).Should().Be(0);
        }
    }

    [Test]
    public void Slice_KeepsTheMemoryFromBeingCollected()
    {
        var slice = AllocateAndSlice();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        IsMapped().Should().BeTrue();
        slice.Span[0] = 1;
        GC.KeepAlive(slice);
    }

    private static bool Collected(Func<bool> condition) => OwnMappings.Eventually(() =>
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return condition();
    });

    private static void UseOrDispose(NixlMemory memory, Barrier start, bool dispose)
    {
        start.SignalAndWait();
        for (var i = 0; i < 50; i++)
        {
            if (dispose && i == 10)
            {
                memory.Dispose();
            }

            if (memory.TryAddReference())
            {
                WriteAt(memory.Address);
                memory.ReleaseReference();
            }
        }
    }

    private static unsafe void WriteAt(ulong address) => Volatile.Write(ref *(byte*)address, 1);

    private bool IsMapped() => OwnMappings.CountMappings(_name) == 1 && OwnMappings.CountDescriptors(_name) == 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AllocateAndDrop()
    {
        Allocate().GetSpan()[0] = 1;
        IsMapped().Should().BeTrue();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (WeakReference Memory, ulong Address) AllocateReferenceAndDrop()
    {
        var memory = Allocate();
        memory.TryAddReference().Should().BeTrue();
        return (new WeakReference(memory), memory.Address);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Memory<byte> AllocateAndSlice() => Allocate().Slice(10, 20);

    private NixlMemory Allocate() => NixlMemory.Allocate(Length, new MemoryAllocationOptions { Name = _name }, logger: null);
}
