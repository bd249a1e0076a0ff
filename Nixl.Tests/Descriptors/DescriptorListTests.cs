using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Descriptors;

public sealed class DescriptorListTests
{
    private static readonly MemoryDescriptor A = new(0x1000, 16);
    private static readonly MemoryDescriptor B = new(0x2000, 32, 1);

    [Test]
    public void FromTriples_IsAddressLengthDevice()
        => DescriptorList.FromTriples(MemoryType.Vram, [0x1000, 16, 0, 0x2000, 32, 1]).Should().Equal(A, B);

    [Test]
    public void AddTriples_ThatAreNotWhole_AppendsNothing()
    {
        var list = new DescriptorList(MemoryType.Dram, [A]);

        var refused = list.Invoking(static l => l.AddTriples([1, 2, 3, 4])).Should().Throw<NixlException>().Which;

        refused.Status.Should().Be(NixlStatus.InvalidParam);
        refused.DescriptorIndex.Should().Be(1);
        list.Should().Equal(A);
    }

    [Test]
    public void Tuples_AreDescriptors()
    {
        ulong address = 0x1000;

        new DescriptorList(MemoryType.Dram, [(address, 16, 0), (0x2000, 32, 1)]).Should().Equal(A, B);
        new RegistrationList(MemoryType.Object, [(0, 16, 3), (0, 16, 4, "é")]).Should().Equal(
            new RegistrationDescriptor(new MemoryDescriptor(0, 16, 3)), new RegistrationDescriptor(new MemoryDescriptor(0, 16, 4), new byte[] { 0xc3, 0xa9 }));
    }

    [Test]
    public void Add_Strided_WritesTheRangesOut()
    {
        var list = new DescriptorList(MemoryType.Dram, [A]);

        list.Add(new StridedDescriptor(0x100, 8, 0x20, 3, 2));

        list.Should().Equal(A, new(0x100, 8, 2), new(0x120, 8, 2), new(0x140, 8, 2));
    }

    [TestCase(ulong.MaxValue - 8, 8ul, 100ul, 1, true)]
    [TestCase(ulong.MaxValue - 8, 9ul, 100ul, 1, false)]
    [TestCase(0ul, 0ul, ulong.MaxValue, 2, true)]
    [TestCase(1ul, 0ul, ulong.MaxValue, 2, false)]
    [TestCase(0ul, ulong.MaxValue, ulong.MaxValue, int.MaxValue, false)]
    [TestCase(ulong.MaxValue, ulong.MaxValue, 1ul, 0, true)]
    [TestCase(0ul, 1ul, 1ul, -1, false)]
    public void Add_Strided_BeyondTheAddressSpace_IsRefused(ulong address, ulong length, ulong stride, int count, bool valid)
    {
        var list = new DescriptorList(MemoryType.Dram);
        var strided = new StridedDescriptor(address, length, stride, count);

        strided.IsValid.Should().Be(valid);
        if (valid)
        {
            list.Add(strided);
            list.Should().HaveCount(count);
            list.Where(static range => !range.IsValid).Should().BeEmpty();
        }
        else
        {
            list.Invoking(l => l.Add(strided)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
            list.Should().BeEmpty();
        }
    }

    [Test]
    public void IndexOfAndRemoveAt_WorkByContent()
    {
        var list = new DescriptorList(MemoryType.Dram, [A, B, A]);

        list.IndexOf(new MemoryDescriptor(0x2000, 32, 1)).Should().Be(1);
        list.IndexOf(new MemoryDescriptor(0x2000, 32)).Should().Be(-1);
        list.RemoveAt(0);
        list.Should().Equal(B, A);
        list.Invoking(static l => l.RemoveAt(2)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Test]
    public void IsSorted_FollowsDeviceAddressLength()
    {
        var list = new DescriptorList(MemoryType.Dram, [B, A]);
        list.IsSorted.Should().BeFalse();

        list.Sort();

        list.IsSorted.Should().BeTrue();
        list.Should().Equal(A, B);
        new DescriptorList(MemoryType.Dram).IsSorted.Should().BeTrue();
    }

    [Test]
    public void Equals_ComparesTypeContentAndOrder()
    {
        var list = new DescriptorList(MemoryType.Dram, [A, B]);
        var same = new DescriptorList(MemoryType.Dram, [A, B]);

        list.Equals(same).Should().BeTrue();
        list.GetHashCode().Should().Be(same.GetHashCode());
        list.Equals(new DescriptorList(MemoryType.Dram, [B, A])).Should().BeFalse();
        list.Equals(new DescriptorList(MemoryType.Vram, [A, B])).Should().BeFalse();
        list.Equals(new DescriptorList(MemoryType.Dram, [A])).Should().BeFalse();
        list.Equals(null).Should().BeFalse();
    }

    [Test]
    public void TotalBytes_DoesNotWrap()
    {
        new DescriptorList(MemoryType.Dram, [A, B]).TotalBytes.Should().Be(48);
        new DescriptorList(MemoryType.File, [new(0, ulong.MaxValue), A]).TotalBytes.Should().Be(ulong.MaxValue);
    }

    [Test]
    public void ToString_ShowsTypeCountAndTheFirstRanges()
    {
        new DescriptorList(MemoryType.Block, [A]).ToString().Should().Be("BLK × 1: [0x1000, +16) device 0");
        new DescriptorList(MemoryType.Dram, [A, A, A, A, B]).ToString().Should().StartWith("DRAM × 5: ").And.EndWith("device 0, …");
    }

    [Test]
    public void RegistrationList_HasTheSameOperations()
    {
        var list = new RegistrationList(MemoryType.Object, [(0, 16, 3, "key"), (0, 16, 4)]);
        var same = new RegistrationList(MemoryType.Object);
        same.Add(0, 16, 3, "key");
        same.Add(0, 16, 4);

        list.Equals(same).Should().BeTrue();
        list.GetHashCode().Should().Be(same.GetHashCode());
        list.IndexOf(new MemoryDescriptor(0, 16, 4)).Should().Be(1);
        list.Trim().Equals(new DescriptorList(MemoryType.Object, [(0, 16, 3), (0, 16, 4)])).Should().BeTrue();
        list.ToString().Should().Be("OBJ × 2: [0x0, +16) device 3 with 3 bytes of meta info, [0x0, +16) device 4");
        same.RemoveAt(0);
        list.Equals(same).Should().BeFalse();
        list.Equals(new RegistrationList(MemoryType.Object, [(0, 16, 3, "kez"), (0, 16, 4)])).Should().BeFalse();
    }
}
