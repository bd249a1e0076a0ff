using FluentAssertions;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Workers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The path of a dead peer's socket comes out of its metadata: only what can be nothing but a dead socket is removed.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class DeadSocketsTests
{
    private string _root = "";
    private string _own = "";

    [SetUp]
    public void MakeFolders()
    {
        _root = Directory.CreateTempSubdirectory("nixl-dead-").FullName;
        _own = Path.Combine(_root, "own");
    }

    [TearDown]
    public void DeleteFolders() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Socket_InTheOwnFolder_IsRemoved()
    {
        var path = DeadSocket(_own);

        Look(path);

        File.Exists(path).Should().BeFalse();
    }

    [Test]
    public void Socket_InTheOwnFolder_AtWhichSomebodyListens_Stays()
    {
        using var alive = SocketDirectory.Open(_own, isShared: false, out _)!.Listen(out var path, out _)!;

        Look(path);

        File.Exists(path).Should().BeTrue();
    }

    [Test]
    public void Socket_InAnotherFolder_Stays()
    {
        var path = DeadSocket(Path.Combine(_root, "other"));

        Look(path);
        Look($"{_own}/../other/{Path.GetFileName(path)}");

        File.Exists(path).Should().BeTrue();
    }

    [Test]
    public void File_ThatIsNoSocket_Stays()
    {
        DeadSocket(_own);
        var path = Path.Combine(_own, "nixl-0.sock");
        File.WriteAllText(path, "not a socket");

        Look(path);

        File.Exists(path).Should().BeTrue();
    }

    [Test]
    public void Link_ToADeadSocket_Stays()
    {
        var target = DeadSocket(Path.Combine(_root, "other"));
        DeadSocket(_own);
        var path = Path.Combine(_own, "nixl-0.sock");
        File.CreateSymbolicLink(path, target);

        Look(path);

        (File.Exists(path), File.Exists(target)).Should().Be((true, true));
    }

    [Test]
    public void NewAgent_LeavesFilesThatAreNoSockets()
    {
        var dead = DeadSocket(_own);
        var path = Path.Combine(_own, "nixl-0.sock");
        File.WriteAllText(path, "not a socket");

        SocketDirectory.Open(_own, isShared: false, out _)!.RemoveStale().Should().Be(1);

        (File.Exists(path), File.Exists(dead)).Should().Be((true, false));
    }

    private static string DeadSocket(string folder)
    {
        SocketDirectory.Open(folder, isShared: false, out _)!.Listen(out var path, out _)!.Dispose();
        return path;
    }

    private void Look(string path)
    {
        var dead = new DeadSockets(_own);
        dead.Add(path);
        dead.RemoveStale();
    }
}
