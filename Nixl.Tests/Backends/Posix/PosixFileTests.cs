using System.Text;
using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>How files are named, and what is refused before a byte has moved.</summary>
public sealed class PosixFileTests
{
    private PosixWorld _world = null!;

    [SetUp]
    public void Open() => _world = new PosixWorld(1 << 20);

    [TearDown]
    public void Close() => _world.Dispose();

    [Test]
    public void Handle_IsReadAndWritten_AlsoWhenTheCallerHasClosedIt()
    {
        var path = _world.NewFile("handle", 8192);
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        using var registration = _world.Agent.Register(handle);
        handle.Dispose();
        var file = registration.Descriptors[0].DeviceId;

        _world.Run(TransferOperation.Write, file, 100, 5000).Status.Should().Be(NixlStatus.Success);

        File.ReadAllBytes(path).AsSpan(100, 5000).SequenceEqual(_world.Memory.GetSpan(0, 5000)).Should().BeTrue();
    }

    [Test]
    public void DescriptorThatIsClosedAndUsedAgain_StillNamesItsFile()
    {
        var (path, other) = (_world.NewFile("first", 4096), _world.NewFile("other", 4096));
        var before = File.ReadAllBytes(other);
        var descriptor = Fcntl.open(path, Fcntl.O_RDWR | Fcntl.O_CLOEXEC, 0);
        _world.Register((0, 4096, (ulong)descriptor));
        Libc.close(descriptor);
        using var successor = new SafeFileHandle(Fcntl.open(other, Fcntl.O_RDWR | Fcntl.O_CLOEXEC, 0), ownsHandle: true);

        _world.Run(TransferOperation.Write, (ulong)descriptor, 0, 4096).Status.Should().Be(NixlStatus.Success);

        File.ReadAllBytes(path).AsSpan().SequenceEqual(_world.Memory.GetSpan(0, 4096)).Should().BeTrue();
        File.ReadAllBytes(other).Should().Equal(before);
    }

    [Test]
    public void OffsetsBeyondFourGibibytes_AndGrowingSparseFiles_Work([ValueSource(typeof(PosixWorld), nameof(PosixWorld.QueueNames))] string queue)
    {
        const ulong Far = (5UL << 30) + 123;
        using var world = new PosixWorld(1 << 20, (queue, "true"));
        var path = world.PathOf("sparse");
        var file = world.Open(path, "rw,create");
        var content = world.Memory.GetSpan(0, 10_000).ToArray();

        world.Run(TransferOperation.Write, file, Far, 10_000).Status.Should().Be(NixlStatus.Success);
        world.Memory.GetSpan(0, 10_000).Clear();
        world.Run(TransferOperation.Read, file, Far, 10_000).Status.Should().Be(NixlStatus.Success);

        world.Memory.GetSpan(0, 10_000).SequenceEqual(content).Should().BeTrue();
        new FileInfo(path).Length.Should().Be((long)Far + 10_000);
        world.Run(TransferOperation.Read, file, 1UL << 31, 10_000).Status.Should().Be(NixlStatus.Success);
        world.Memory.GetSpan(0, 10_000).IndexOfAnyExcept((byte)0).Should().Be(-1, "holes are zeros");
    }

    [Test]
    public void CreatedFile_HasMode0644_AndIsNotEmptiedTheNextTime()
    {
        var path = _world.PathOf("created");
        _world.Open(path, "rw,create");

        Command.Run("stat", "-c", "%a", path).Output.Trim().Should().Be("644");
        File.WriteAllText(path, "kept");
        _world.Open(path, "rw,create");
        File.ReadAllText(path).Should().Be("kept");
    }

    [Test]
    public void EffectiveFlags_CanBeReadBack()
    {
        var path = _world.NewFile("flags", 4096);
        var file = _world.Open(path, "rw,sync,noatime");
        using var handle = File.OpenHandle(path);
        using var registration = _world.Agent.Register(handle);

        _world.Agent.DescribeTransports("POSIX", _world.Agent.Name).Should()
            .Contain($"{file}=rw,sync,noatime:{path}").And.Contain($"{registration.Descriptors[0].DeviceId}=ro:{path}");
    }

    [Test]
    public void SeveralRegistrationsOfOneFile_ShareIt_UntilTheLastIsGone()
    {
        var path = _world.NewFile("shared", 8192);
        using (var first = _world.Register((0, 4096, 7, $"rw:{path}")))
        {
            _world.Register((4096, 4096, 7, $"rw:{path}"));
        }

        _world.Run(TransferOperation.Read, 7, 4096, 4096).Status.Should().Be(NixlStatus.Success);

        var other = _world.RegistrationRefusal((0, 0, 7, $"rw:{_world.NewFile("another", 1)}"));
        other.Status.Should().Be(NixlStatus.NotAllowed);
        other.Message.Should().Contain($"already stands for {path}");
    }

    [TestCase("rw,dirct:/x", "unknown word 'dirct'")]
    [TestCase("rw:", "path is empty")]
    [TestCase("ro:/a\0b", "zero byte")]
    public void MisspeltPathMode_IsNotTakenForADescriptor(string metaInfo, string problem)
    {
        var refusal = _world.RegistrationRefusal((0, 0, 0, metaInfo));

        refusal.Status.Should().Be(NixlStatus.InvalidParam);
        refusal.Message.Should().Contain(problem);
    }

    [Test]
    public void PathThatIsNotUtf8_IsRefused()
    {
        byte[] metaInfo = [.. "rw:/"u8, 0xff, 0xfe];

        _world.RegistrationRefusal(new RegistrationDescriptor(new MemoryDescriptor(0, 0, 1), metaInfo)).Message.Should().Contain("not UTF-8");
    }

    [Test]
    public void MetaInfoThatIsNoPathMode_LeavesTheDeviceIdADescriptor()
    {
        using var handle = File.OpenHandle(_world.NewFile("described", 4096));
        var added = false;
        handle.DangerousAddRef(ref added);
        var descriptor = (ulong)handle.DangerousGetHandle();

        _world.Register(new RegistrationDescriptor(new MemoryDescriptor(0, 4096, descriptor), Encoding.UTF8.GetBytes("layer 7 of the model")));

        _world.Run(TransferOperation.Read, descriptor, 0, 4096).Status.Should().Be(NixlStatus.Success);
        handle.DangerousRelease();
    }

    [Test]
    public void WhatIsNoFile_IsRefused()
    {
        var pipe = _world.PathOf("pipe");
        Command.Run("mkfifo", pipe).ExitCode.Should().Be(0);
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);

        _world.RegistrationRefusal((0, 0, 1, $"ro:{Path.GetTempPath()}")).Message.Should().Contain("is a directory");
        _world.RegistrationRefusal((0, 0, 1, $"rw:{pipe}")).Message.Should().Contain("is a pipe");
        _world.RegistrationRefusal((0, 0, (ulong)socket.Handle)).Message.Should().Contain("is a socket");
        _world.RegistrationRefusal((0, 0, 1, "ro:/dev/tty0")).Hint.Should().NotBeNull();
        _world.RegistrationRefusal((0, 0, 1, "ro:/dev/urandom")).Message.Should().Contain("is a character device");
    }

    [Test]
    public void WhatDoesNotExist_OrIsNotOpen_IsNamed()
    {
        _world.RegistrationRefusal((0, 0, 1, "rw:/no/such/file")).Status.Should().Be(NixlStatus.NotFound);
        var closed = _world.RegistrationRefusal((0, 0, 1_000_000));
        closed.Status.Should().Be(NixlStatus.NotAllowed);
        closed.Message.Should().Contain("1000000 is not open");
        _world.RegistrationRefusal((0, 0, ulong.MaxValue)).Status.Should().Be(NixlStatus.InvalidParam);
        _world.RegistrationRefusal((1UL << 63, 0, 1, "rw:/dev/null")).Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void FileWithoutPermission_IsRefused()
    {
        var path = _world.NewFile("readonly", 16);
        var isRoot = Environment.IsPrivilegedProcess;
        var immutable = isRoot ? Command.Run("chattr", "+i", path) : Command.Run("chmod", "444", path);
        if (immutable.ExitCode != 0)
        {
            Assert.Ignore($"Root may open everything but immutable files, and none can be made here: {immutable.Output}");
        }

        try
        {
            var refusal = _world.RegistrationRefusal((0, 0, 1, $"rw:{path}"));
            refusal.Status.Should().Be(NixlStatus.NotAllowed);
            refusal.NativeCode.Should().BeOneOf(Errno.EPERM, Errno.EACCES);
            refusal.Hint.Should().Contain("ro");
        }
        finally
        {
            Command.Run(isRoot ? "chattr" : "true", "-i", path);
        }
    }

    [Test]
    public void DirectionThatTheFileIsNotOpenFor_IsRefusedBeforeAnythingMoves()
    {
        var path = _world.NewFile("one-way", 4096);
        var readOnly = _world.Open(path, "ro");
        using var writeOnly = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        using var appending = new SafeFileHandle(Fcntl.open(path, Fcntl.O_RDWR | Fcntl.O_APPEND | Fcntl.O_CLOEXEC, 0), ownsHandle: true);
        using var first = _world.Agent.Register(writeOnly);
        using var second = _world.Agent.Register(appending);

        Refusal(TransferOperation.Write, readOnly, 0, 16).Status.Should().Be(NixlStatus.NotAllowed);
        Refusal(TransferOperation.Read, first.Descriptors[0].DeviceId, 0, 16).Status.Should().Be(NixlStatus.NotAllowed);
        Refusal(TransferOperation.Write, second.Descriptors[0].DeviceId, 0, 16).Message.Should().Contain("O_APPEND");
    }

    [Test]
    public void OffsetsThatOverflow_AreRefused()
    {
        var file = _world.Open(_world.NewFile("offsets", 16));

        var refusal = Refusal(TransferOperation.Write, file, long.MaxValue - 10, 4096);

        (refusal.Status, refusal.DescriptorIndex).Should().Be((NixlStatus.InvalidParam, 0));
        Refusal(TransferOperation.Read, file, ulong.MaxValue - 8192, 4096).Status.Should().Be(NixlStatus.InvalidParam);
    }

    [TestCase(0L, 100UL, 4096, "offset 100")]
    [TestCase(0L, 0UL, 100, "length 100")]
    [TestCase(1L, 0UL, 4096, "memory address")]
    public void UnalignedDirectTransfer_IsRefusedAndExplained(long memory, ulong offset, int length, string problem)
    {
        if (QueueProbe.Direct is { } reason)
        {
            Assert.Ignore(reason);
        }

        var file = _world.Open(_world.NewFile("direct", 16384), "rw,direct");

        var refusal = FluentActions.Invoking(() => _world.Create(TransferOperation.Read, file, (0L, 0UL, 4096), (memory, offset, length)))
            .Should().Throw<NixlException>().Which;

        (refusal.Status, refusal.DescriptorIndex).Should().Be((NixlStatus.InvalidParam, 1));
        refusal.Message.Should().Contain(problem).And.Contain("multiple of");
        refusal.Hint.Should().Contain("leave direct out");
    }

    [Test]
    public void ThousandsOfFiles_BeyondTheLimit_AreATypedError()
    {
        // A limit of its own for the descriptors: the process has far more, so the files are opened in a process that has few.
        var (exitCode, output) = Command.Run(
            "bash", "-c", $"ulimit -n 200; exec dotnet '{Samples.SampleProgram.AssemblyOf("Checkpoint")}' save '{_world.PathOf("many")}' 4 600");

        exitCode.Should().Be(1, output);
        output.Should().Contain("200 descriptors open").And.Contain("ulimit -n");
    }

    private NixlException Refusal(TransferOperation operation, ulong file, ulong offset, int length)
        => FluentActions.Invoking(() => _world.Create(operation, file, (0L, offset, length))).Should().Throw<NixlException>().Which;
}
