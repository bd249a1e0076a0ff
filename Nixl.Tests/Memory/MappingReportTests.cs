using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

public sealed class MappingReportTests
{
    private const string Smaps = """
        7f0000000000-7f0000200000 rw-s 00000000 00:01 7                          /memfd:a-b (deleted)
        Size:               2048 kB
        ShmemPmdMapped:        0 kB
        VmFlags: rd wr sh
        7f0000200000-7f0000600000 rw-s 00000000 00:01 8                          /memfd:nixl (deleted)
        Size:               4096 kB
        ShmemPmdMapped:     2048 kB
        VmFlags: rd wr sh
        7f0000600000-7f0000800000 rw-s 00000000 00:01 9                          /memfd:old-kernel (deleted)
        Size:               2048 kB
        7f0000800000-7f0000a00000 rw-s 00000000 00:01 9                          /memfd:last (deleted)
        ShmemPmdMapped:     2048 kB

        """;

    private const string NumaMaps = """
        7f0000000000 default file=/memfd:a\040(deleted) dirty=4 N0=4 kernelpagesize_kB=4
        7f0000200000 prefer:1 file=/memfd:N1=9\040(deleted) dirty=1024 mapmax=2 N0=24 N1=1000 kernelpagesize_kB=4
        7f0000600000 prefer:1 file=/memfd:nixl\040(deleted)

        """;

    private string _file = "";

    [SetUp]
    public void CreateFile() => _file = Path.GetTempFileName();

    [TearDown]
    public void RemoveFile() => File.Delete(_file);

    [TestCase(0x7f0000000000ul, 0L)]
    [TestCase(0x7f0000200000ul, 2048L * 1024)]
    [TestCase(0x7f0000600000ul, null, Description = "a kernel that does not say it must not borrow the next mapping's line")]
    [TestCase(0x7f0000100000ul, null)]
    public void HugePageBytes_AreThoseOfTheMapping(ulong address, long? expected)
    {
        File.WriteAllText(_file, Smaps);

        MappingReport.HugePageBytes(address, _file).Should().Be(expected);
    }

    [TestCase(0x7f0000200000ul, 1, 1000L, 1024L)]
    [TestCase(0x7f0000200000ul, 0, 24L, 1024L)]
    [TestCase(0x7f0000600000ul, 1, 0L, 0L)]
    public void PagesOnNode_AreThoseOfTheMapping(ulong address, int node, long onNode, long total)
    {
        File.WriteAllText(_file, NumaMaps);

        MappingReport.PagesOnNode(address, node, _file).Should().Be((onNode, total));
    }

    [Test]
    public void MissingFile_IsUnknown()
    {
        MappingReport.HugePageBytes(0x7f0000000000, _file + ".missing").Should().BeNull();
        MappingReport.PagesOnNode(0x7f0000000000, 0, _file + ".missing").Should().BeNull();
    }
}
