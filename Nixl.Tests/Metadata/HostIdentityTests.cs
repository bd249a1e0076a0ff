using System.Diagnostics;
using FluentAssertions;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Metadata;

public sealed class HostIdentityTests
{
    [Test]
    [Platform("Linux")]
    public void Current_IsWhatTheKernelSays()
    {
        var current = HostIdentity.Current;

        current.BootId.ToString().Should().Be(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());
        $"pid:[{current.PidNamespace}]".Should().Be(ReadLink("/proc/self/ns/pid"));
        $"net:[{current.NetworkNamespace}]".Should().Be(ReadLink("/proc/self/ns/net"));
        current.ProcessId.Should().Be((uint)Environment.ProcessId);
    }

    [Test]
    public void Parts_ThatCannotBeRead_AreZero()
    {
        HostIdentity.ReadBootId("/nonexistent/boot_id").Should().Be(Guid.Empty);
        HostIdentity.ReadNamespace("/nonexistent/ns").Should().Be(0);
        HostIdentity.ReadNamespace("/").Should().Be(0, "it is no link");
    }

    [Test]
    public void IsSameHostAs_NeedsTwoKnownEqualBoots()
    {
        var here = new HostIdentity(Guid.NewGuid(), 1, 2, 3);

        here.IsSameHostAs(here with { ProcessId = 4, PidNamespace = 5 }).Should().BeTrue();
        here.IsSameHostAs(here with { BootId = Guid.NewGuid() }).Should().BeFalse();
        default(HostIdentity).IsSameHostAs(default).Should().BeFalse("nothing is known of either");
    }

    private static string ReadLink(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("readlink", path) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit(10_000).Should().BeTrue();
        return text.Trim();
    }
}
