using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

public sealed class MemoryHeadroomTests
{
    private string _root = "";

    [SetUp]
    public void CreateRoot() => _root = Directory.CreateTempSubdirectory("nixl-headroom-").FullName;

    [TearDown]
    public void RemoveRoot() => Directory.Delete(_root, recursive: true);

    [Test]
    public void NothingReadable_IsNoLimit() => MemoryHeadroom.Read(_root).Bytes.Should().Be(long.MaxValue);

    [Test]
    public void WithoutGroups_TheMachineDecides()
    {
        Write("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:   1000 kB\nSwapFree:  24 kB\n");

        MemoryHeadroom.Read(_root).Bytes.Should().Be(1024 * 1024);
    }

    [Test]
    public void Version2_TheTightestAncestorDecides()
    {
        Write("proc/meminfo", "MemAvailable: 1000000 kB\n");
        Write("proc/self/cgroup", "0::/pod/container\n");
        Write("sys/fs/cgroup/pod/container/memory.max", "max\n");
        Write("sys/fs/cgroup/pod/container/memory.current", "100\n");
        Write("sys/fs/cgroup/pod/memory.max", "5000\n");
        Write("sys/fs/cgroup/pod/memory.current", "3000\n");
        Write("sys/fs/cgroup/pod/memory.stat", "anon 1\ninactive_file 500\n");

        var headroom = MemoryHeadroom.Read(_root);

        headroom.Bytes.Should().Be(2500);
        headroom.Source.Should().EndWith("pod/memory.max");
    }

    [Test]
    public void Version1_TheMemoryHierarchyDecides()
    {
        Write("proc/self/cgroup", "5:cpu,cpuacct:/other\n4:memory:/job\n0::/\n");
        Write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000\n");
        Write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1200\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n");

        MemoryHeadroom.Read(_root).Bytes.Should().Be(0, "a group may be above its limit for a moment");
    }

    [TestCase("0::/../../elsewhere\n")]
    [TestCase("0::/not/visible/here\n")]
    public void GroupOutsideTheNamespace_TheMountsRootDecides(string line)
    {
        Write("proc/self/cgroup", line);
        Write("sys/fs/cgroup/memory.max", "700\n");
        Write("sys/fs/cgroup/memory.current", "100\n");

        MemoryHeadroom.Read(_root).Bytes.Should().Be(600);
    }

    [Test]
    public void DamagedFiles_AreNoLimit()
    {
        Write("proc/meminfo", "MemAvailable: many kB\n");
        Write("proc/self/cgroup", "nonsense\n0::\n::\n");
        Write("sys/fs/cgroup/memory.max", "");
        Write("sys/fs/cgroup/memory.current", "x\n");

        MemoryHeadroom.Read(_root).Bytes.Should().Be(long.MaxValue);
    }

    [Test]
    [Platform(Include = "Linux", Reason = "Reads /proc.")]
    public void ThisMachine_HasALimit() => MemoryHeadroom.Read().Bytes.Should().BeInRange(1, 1L << 46);

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
