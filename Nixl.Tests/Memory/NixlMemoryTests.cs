using System.Runtime.InteropServices;
using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

[Platform(Include = "Linux", Reason = "The memory is a Linux memfd.")]
public sealed class NixlMemoryTests
{
    private const long MiB = 1 << 20;
    private const long GiB = 1 << 30;

    private static readonly MemoryAllocationOptions Lazily = new() { Populate = false };

    [TestCase(1)]
    [TestCase(4097)]
    [TestCase(2 * MiB - 1)]
    public void Allocate_Small_IsPageAlignedAndKeepsTheLengthAskedFor(long length)
    {
        using var memory = Allocate(length);

        (memory.Address % (ulong)Environment.SystemPageSize).Should().Be(0);
        memory.Length.Should().Be(length);
        memory.Memory.Length.Should().Be((int)length);
    }

    [TestCase(2 * MiB)]
    [TestCase(3 * MiB + 1)]
    [TestCase(64 * MiB)]
    public void Allocate_From2MiBUp_IsAlignedTo2MiB(long length)
    {
        using var memory = Allocate(length);

        (memory.Address % (2 * MiB)).Should().Be(0);
    }

    [Test]
    public void Allocate_IsZero()
    {
        using var memory = Allocate(3 * MiB + 5);

        memory.GetSpan().ContainsAnyExcept((byte)0).Should().BeFalse();
    }

    [Test]
    public void Allocate_LeavesOneMappingOfWholePages()
    {
        var name = OwnMappings.UniqueName();
        using var memory = Allocate(2 * MiB + 1, new MemoryAllocationOptions { Name = name });

        OwnMappings.CountMappings(name).Should().Be(1);
        OwnMappings.Kibibytes(OwnMappings.Describe(memory.Address), "Size").Should().Be(2048 + Environment.SystemPageSize / 1024);
    }

    [Test]
    public void Allocate_AndDispose_GivesTheReservedAddressesBack()
    {
        const int rounds = 200;
        var before = OwnMappings.AddressSpaceKibibytes();

        for (var round = 0; round < rounds; round++)
        {
            Allocate(2 * MiB, Lazily).Dispose();
        }

        (OwnMappings.AddressSpaceKibibytes() - before).Should().BeLessThan(rounds * 1024, "each round reserves 2 MiB more than it needs, and the runtime takes little");
    }

    [Test]
    public void Allocate_Populated_HasEveryPage()
    {
        using var memory = Allocate(5 * MiB);

        OwnMappings.Kibibytes(OwnMappings.Describe(memory.Address), "Rss").Should().Be(5 * 1024);
    }

    [Test]
    public void Allocate_Lazily_HasNoPage()
    {
        using var memory = Allocate(5 * MiB, Lazily);

        OwnMappings.Kibibytes(OwnMappings.Describe(memory.Address), "Rss").Should().Be(0);
    }

    [Test]
    public void Allocate_IsLeftOutOfDumpsAndChildren()
    {
        using var memory = Allocate(MiB);

        var flags = OwnMappings.Describe(memory.Address).Single(line => line.StartsWith("VmFlags:", StringComparison.Ordinal)).Split(' ');

        flags.Should().Contain("dd", "core dumps leave it out").And.Contain("dc", "children do not inherit it");
    }

    [Test]
    public void Backing_CannotChangeItsSize()
    {
        using var memory = Allocate(MiB);
        var file = (SafeFileHandle)memory.Backing.Handle;

        var seals = Fcntl.fcntl(file, Fcntl.F_GET_SEALS, 0);

        (seals & (Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_SEAL)).Should().Be(Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_SEAL);
        ErrnoOf(Unistd.ftruncate(file, 0)).Should().Be(Errno.EPERM);
        ErrnoOf(Unistd.ftruncate(file, 2 * MiB)).Should().Be(Errno.EPERM);
        ErrnoOf(Fcntl.fcntl(file, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_GROW)).Should().Be(Errno.EPERM);
    }

    [Test]
    public void Backing_HoldsTheBytesOfTheMemory()
    {
        using var memory = Allocate(3 * MiB);
        var written = "shared"u8.ToArray();
        written.CopyTo(memory.GetSpan((2 * MiB) + 7, written.Length));
        var read = new byte[written.Length];

        RandomAccess.Read((SafeFileHandle)memory.Backing.Handle, read, memory.Backing.Offset + (2 * MiB) + 7);

        read.Should().Equal(written);
    }

    [Test]
    public void Windows_AddressTheSameBytes()
    {
        using var memory = Allocate(MiB);

        memory.GetSpan(100, 10)[3] = 0xab;

        memory.GetSpan()[103].Should().Be(0xab);
        memory.Slice(103, 1).Span[0].Should().Be(0xab);
        memory.Memory.Span[103].Should().Be(0xab);
        memory.GetSpan(MiB, 0).Length.Should().Be(0);
    }

    [TestCase(-1, 1)]
    [TestCase(0, MiB + 1)]
    [TestCase(MiB, 1)]
    [TestCase(MiB + 1, 0)]
    [TestCase(long.MaxValue, 1)]
    [TestCase(long.MinValue, 1)]
    [TestCase(1, -1)]
    [TestCase(1, int.MaxValue)]
    public void Windows_OutsideTheMemory_AreRefused(long offset, long length)
    {
        using var memory = Allocate(MiB);

        memory.Invoking(m => m.GetSpan(offset, (int)length)).Should().Throw<ArgumentOutOfRangeException>();
        memory.Invoking(m => m.Slice(offset, (int)length)).Should().Throw<ArgumentOutOfRangeException>();
        memory.Invoking(m => m.Describe(offset, length)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Test]
    public void Describe_IsTheRangeOnDeviceZero()
    {
        using var memory = Allocate(MiB);

        memory.Descriptor.Should().Be(new MemoryDescriptor(memory.Address, MiB));
        memory.Describe(16, 32).Should().Be(new MemoryDescriptor(memory.Address + 16, 32));
        memory.Invoking(m => m.Describe(1, long.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Test]
    public void Allocate_Beyond2GiB_IsReachedByWindows()
    {
        using var memory = Allocate((3 * GiB) + 10, Lazily);

        memory.GetSpan(0, 1)[0] = 1;
        memory.GetSpan((3 * GiB) + 9, 1)[0] = 2;
        var last = memory.Slice((3 * GiB) + 8, 2);

        last.Span.ToArray().Should().Equal(0, 2);
        memory.Invoking(m => m.GetSpan()).Should().Throw<NotSupportedException>().WithMessage("*GetSpan(offset, length)*");
        memory.Invoking(m => m.GetSpan((3 * GiB) + 9, 2)).Should().Throw<ArgumentOutOfRangeException>();
        OwnMappings.Kibibytes(OwnMappings.Describe(memory.Address), "Rss").Should().BeLessThan(1024, "only what was touched exists");
    }

    [Test]
    public void Pin_OfAWindowBeyond2GiB_PointsAtItsBytes()
    {
        using var memory = Allocate(3 * GiB, Lazily);
        var window = memory.Slice((2 * GiB) + 5, 10);

        using var pin = window[4..].Pin();

        unsafe
        {
            ((ulong)pin.Pointer).Should().Be(memory.Address + (2 * GiB) + 9);
        }
    }

    private static int ErrnoOf(int result) => result == -1 ? Marshal.GetLastPInvokeError() : 0;

    private static NixlMemory Allocate(long length, MemoryAllocationOptions? options = null)
        => NixlMemory.Allocate(length, options ?? new MemoryAllocationOptions(), logger: null);
}
