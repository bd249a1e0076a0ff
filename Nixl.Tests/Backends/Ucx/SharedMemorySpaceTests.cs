using FluentAssertions;
using Nixl.Backends.Ucx;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

public sealed class SharedMemorySpaceTests
{
    [TestCase(null, null, "^posix")]
    [TestCase("all", null, "^posix")]
    [TestCase(null, "all", "^posix")]
    [TestCase("^tcp", null, "^tcp,posix")]
    [TestCase("tcp", "all", null)]
    [TestCase("^posix", null, null)]
    [TestCase("^sm", null, null)]
    [TestCase(null, "sysv,self", null)]
    public void SmallSharedMemory_LeavesTheTransportOut_WhereTheChoiceIsOpen(string? parameter, string? environment, string? expected)
    {
        var options = Options(parameter);
        var before = options;

        SharedMemorySpace.TryAdapt(ref options, _ => environment, 1 << 20, out var isLeftOut, out _).Should().BeTrue();

        isLeftOut.Should().Be(expected is not null);
        options.Settings.LastOrDefault(static setting => setting.Key == "TLS")?.Value.Should().Be(expected ?? parameter);
        options.Settings.Count(static setting => setting.Key == "TLS").Should().BeLessThanOrEqualTo(1);
        (expected is null).Should().Be(ReferenceEquals(options, before));
    }

    [TestCase("posix,self")]
    [TestCase("tcp, SHM")]
    [TestCase("sm")]
    public void SmallSharedMemory_IsAnError_WhereTheTransportIsNamed(string transports)
    {
        var options = Options(transports);

        SharedMemorySpace.TryAdapt(ref options, static _ => null, 1000, out _, out var fault).Should().BeFalse();

        fault.Detail.Should().Contain("/dev/shm has 1000 free bytes").And.Contain(transports);
        fault.Hint.Should().Contain("--shm-size");
    }

    [TestCase(8L << 20)]
    [TestCase(null)]
    public void EnoughSharedMemory_ChangesNothing(long? free)
    {
        var options = Options("posix,self");

        SharedMemorySpace.TryAdapt(ref options, static _ => null, free, out var isLeftOut, out _).Should().BeTrue();

        isLeftOut.Should().BeFalse();
    }

    private static UcxConfiguration Options(string? transports)
        => new(transports is null ? [] : [new UcxSetting("TLS", transports, "parameter")], PeerErrors: true, ForceClose: false);
}
