using System.Runtime.CompilerServices;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Descriptors;

public sealed class MemoryDescriptorTests
{
    [Test]
    public void Layout_IsThe24BytesThatGoOnTheWire() => Unsafe.SizeOf<MemoryDescriptor>().Should().Be(24);

    [TestCase(0x1000ul, 0x1000ul, true)]
    [TestCase(0x1800ul, 0x800ul, true)]
    [TestCase(0x1800ul, 0x801ul, false)]
    [TestCase(0xffful, 1ul, false)]
    [TestCase(0x1800ul, ulong.MaxValue, false)]
    [TestCase(0x2000ul, 0ul, true)]
    public void Contains_ChecksBothEndsWithoutOverflow(ulong address, ulong length, bool expected)
    {
        var region = new MemoryDescriptor(0x1000, 0x1000);

        region.Contains(new MemoryDescriptor(address, length)).Should().Be(expected);
    }

    [Test]
    public void Contains_AnotherDevice_IsFalse()
        => new MemoryDescriptor(0, 16, 1).Contains(new MemoryDescriptor(0, 16)).Should().BeFalse();

    [Test]
    public void CompareTo_OrdersByDeviceThenAddressThenLength()
    {
        var sorted = new[] { new MemoryDescriptor(9, 1), new MemoryDescriptor(9, 2), new MemoryDescriptor(1, 1, 1) };

        sorted.Reverse().Order().Should().Equal(sorted);
    }
}
