using System.Text;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Backends;
using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>What registrations of one file share.</summary>
public sealed class PosixFileTableTests
{
    private DirectoryInfo _folder = null!;
    private FilePolicy _policy = null!;

    private string Path => System.IO.Path.Combine(_folder.FullName, "file");

    [SetUp]
    public void Make()
    {
        _folder = Directory.CreateTempSubdirectory("nixl-table-");
        _policy = new FilePolicy(null, null, AllowSymlinks: true, AllowMountedDevices: false);
    }

    [TearDown]
    public void Remove()
    {
        _policy.Dispose();
        _folder.Delete(recursive: true);
    }

    [Test]
    public void CreatedName_IsRemembered_WhoeverRegistersTheFileNext([Values] bool isDurable)
    {
        using var table = new PosixFileTable("posix", _policy, isDurable, NullLogger.Instance);
        table.Release(Acquire(table, 1, $"rw,create:{Path}"));

        Acquire(table, 2, $"rw:{Path}").Sync.IsNameUnsynced.Should().Be(isDurable);
    }

    [Test]
    public void FailedSync_HoldsForEveryRegistrationOfTheFile_UntilTheLastHasGone()
    {
        using var table = new PosixFileTable("posix", _policy, isDurable: true, NullLogger.Instance);
        var first = Acquire(table, 1, $"rw,create:{Path}");
        var second = Acquire(table, 2, $"rw:{Path}");
        var stranger = Acquire(table, 3, $"rw,create:{Path}-of-another");

        first.Sync.Failure = Errno.EIO;
        table.Release(first);

        second.Sync.Failure.Should().Be(Errno.EIO);
        stranger.Sync.Failure.Should().Be(0);
        table.Release(second);
        Acquire(table, 4, $"rw:{Path}").Sync.Failure.Should().Be(0, "it was registered anew");
    }

    [Test]
    public void HolderThatCannotBeFoundOut_IsNoAbsence() => PosixFileTable.ProbeHolder(int.MaxValue).Should().Be(Errno.ENOENT, "there is no such descriptor to open");

    private static PosixFile Acquire(PosixFileTable table, ulong deviceId, string mode)
    {
        table.Acquire(new MemoryRegion(MemoryType.File, new MemoryDescriptor(0, 0, deviceId), Encoding.UTF8.GetBytes(mode)), out var file, out var fault)
            .Should().Be(NixlStatus.Success, "{0}", fault.Detail);
        return file!;
    }
}
