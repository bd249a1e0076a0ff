using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>Path mode confined to a folder, and without symbolic links.</summary>
public sealed class PosixRootTests
{
    private DirectoryInfo _root = null!;

    [SetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("nixl-root-");
        File.WriteAllText(Path.Combine(_root.FullName, "inside"), "inside");
        File.CreateSymbolicLink(Path.Combine(_root.FullName, "near"), "inside");
        File.CreateSymbolicLink(Path.Combine(_root.FullName, "away"), "/etc/hostname");
        Directory.CreateDirectory(Path.Combine(_root.FullName, "folder"));
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "up"), "..");
    }

    [TearDown]
    public void Remove() => _root.Delete(recursive: true);

    [TestCase("inside")]
    [TestCase("near")]
    [TestCase("./inside")]
    public void PathsBelowTheRoot_AreOpened(string path)
    {
        using var world = new PosixWorld(4096, ("root", _root.FullName));

        var relative = world.Open(path);
        var absolute = world.Open(Path.Combine(_root.FullName, path));

        world.Run(TransferOperation.Read, relative, 0, 6).Status.Should().Be(NixlStatus.Success);
        world.Run(TransferOperation.Read, absolute, 0, 6).Status.Should().Be(NixlStatus.Success);
    }

    [TestCase("../escape")]
    [TestCase("away")]
    [TestCase("up/etc/passwd")]
    [TestCase("/etc/hostname")]
    [TestCase("folder/../../escape")]
    public async Task PathsOutOfTheRoot_AreRefused_AndNotAskedAbout(string path)
    {
        using var world = new PosixWorld(4096, ("root", _root.FullName));

        var refusal = world.RegistrationRefusal((0, 0, 1, $"rw,create:{path}"));

        refusal.Status.Should().BeOneOf(NixlStatus.NotAllowed, NixlStatus.NotFound);
        refusal.Hint.Should().NotBeNullOrEmpty();
        File.Exists(Path.Combine(_root.FullName, "..", "escape")).Should().BeFalse();
        await FluentActions.Awaiting(() => world.Agent.QueryMemoryAsync("POSIX", MemoryType.File, [new RegistrationDescriptor(default, path)]))
            .Should().ThrowAsync<NixlException>().Where(static failure => failure.Status == NixlStatus.NotAllowed || failure.Status == NixlStatus.InvalidParam);
    }

    [Test]
    public void RootThatDoesNotExist_IsRefused()
        => FluentActions.Invoking(() => new PosixWorld(4096, ("root", "/no/such/folder"))).Should().Throw<NixlException>().Which.Message.Should().Contain("/no/such/folder");

    [Test]
    public void SymbolicLinks_AreRefusedWhereForbidden([Values] bool withRoot)
    {
        (string, string)[] parameters = withRoot ? [("allow_symlinks", "false"), ("root", _root.FullName)] : [("allow_symlinks", "false")];
        using var world = new PosixWorld(4096, parameters);

        world.Open(Path.Combine(_root.FullName, "inside"));
        var refusal = world.RegistrationRefusal((0, 0, 1, $"rw:{Path.Combine(_root.FullName, "near")}"));

        refusal.Status.Should().Be(NixlStatus.NotAllowed);
        refusal.Message.Should().Contain("symbolic link");
    }
}
