using FluentAssertions;
using Nixl.Platform;
using NUnit.Framework;

namespace Nixl.Tests.Platform;

public sealed class ProcessorQuotaTests
{
    private string _root = null!;

    [SetUp]
    public void SetUp() => _root = Directory.CreateTempSubdirectory("nixl-quota-").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Read_WithoutControlGroups_IsNoQuota() => ProcessorQuota.Read(_root).Should().BeNull();

    [Test]
    public void Read_Version2_TakesTheTightestAncestor()
    {
        Write("proc/self/cgroup", "0::/pod/container");
        Write("sys/fs/cgroup/pod/cpu.max", "50000 100000");
        Write("sys/fs/cgroup/pod/container/cpu.max", "max 100000");

        ProcessorQuota.Read(_root).Should().Be(0.5);
    }

    [Test]
    public void Read_Version1_TakesQuotaOverPeriod()
    {
        Write("proc/self/cgroup", "3:cpu,cpuacct:/job\n2:memory:/other");
        Write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "150000");
        Write("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000");

        ProcessorQuota.Read(_root).Should().Be(1.5);
    }

    [TestCase("max 100000")]
    [TestCase("100000")]
    [TestCase("100000 0")]
    [TestCase("-1 100000")]
    [TestCase("")]
    public void Read_WhatIsNoQuota_IsNone(string content)
    {
        Write("proc/self/cgroup", "0::/");
        Write("sys/fs/cgroup/cpu.max", content);

        ProcessorQuota.Read(_root).Should().BeNull();
    }

    private void Write(string path, string content)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }
}
