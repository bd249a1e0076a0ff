using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>What fails on the way ends the transfer with file, offset, error number and the bytes done, with every queue.</summary>
[NonParallelizable]
public sealed class PosixFaultTests
{
    private const int Mebibyte = 1 << 20;

    private static readonly string[] Queues = PosixWorld.QueueNames;

    [Test]
    public void EndOfFile_EndsARead_WithWhatWasThere([ValueSource(nameof(Queues))] string queue, [Values] bool direct)
    {
        using var world = Open(queue, 64 * 1024);
        var path = world.NewFile("short", 10_000);
        var file = world.Open(path, direct ? "ro,direct" : "ro");

        var (status, fault, bytes) = world.Run(TransferOperation.Read, file, 0, 16_384);

        status.Should().Be(NixlStatus.Mismatch);
        fault!.Detail.Should().Contain($"{path} ends at offset 10000");
        fault.DescriptorIndex.Should().Be(0);
        bytes.Should().Be(10_000);
        world.Memory.GetSpan(0, 10_000).SequenceEqual(File.ReadAllBytes(path)).Should().BeTrue("what was there was read");
    }

    [Test]
    public void FullDevice_EndsAWrite([ValueSource(nameof(Queues))] string queue)
    {
        using var world = Open(queue, 64 * 1024);
        var file = world.Open("/dev/full");

        var (status, fault, bytes) = world.Run(TransferOperation.Write, file, 4096, 8192);

        if (queue == "use_aio")
        {
            (status, fault!.NativeCode, bytes).Should().Be((NixlStatus.InvalidParam, Errno.EINVAL, 0L), "Linux AIO takes no character devices");
            return;
        }

        (status, fault!.NativeCode, bytes).Should().Be((NixlStatus.BackendError, Errno.ENOSPC, 0L));
        fault.Detail.Should().Contain("Writing /dev/full at offset 4096").And.Contain("0 of 8192 bytes");
        fault.NativeMessage.Should().Contain("No space left");
        fault.Hint.Should().NotBeNullOrEmpty();
    }

    [Test]
    public void FullFileSystem_EndsAWrite_WithTheBytesThatFitted([ValueSource(nameof(Queues))] string queue, [Values] bool direct)
    {
        using var full = LoopFileSystem.Mount(16);
        using var world = Open(queue, 32 * Mebibyte);
        var path = Path.Combine(full.Root, "large");
        var file = world.Open(path, direct ? "rw,create,direct" : "rw,create");

        var (status, fault, bytes) = world.Run(TransferOperation.Write, file, 0, 32 * Mebibyte);

        (status, fault!.NativeCode).Should().Be((NixlStatus.BackendError, Errno.ENOSPC), "{0}", fault);
        bytes.Should().BeInRange(Mebibyte, 16 * Mebibyte);
        fault.Detail.Should().Contain(path).And.Contain($"{bytes} of {32 * Mebibyte} bytes were written");
    }

    [Test]
    public void FileSystemsLargestOffset_EndsAWrite([ValueSource(nameof(Queues))] string queue)
    {
        using var small = LoopFileSystem.Mount(16);
        using var world = Open(queue, 64 * 1024);
        var file = world.Open(Path.Combine(small.Root, "far"), "rw,create");

        // ext4 with blocks of 1 KiB (so small a file system) or 4 KiB ends files at 4 or 16 TiB.
        var (status, fault, bytes) = world.Run(TransferOperation.Write, file, 1UL << 45, 4096);

        (status, fault!.NativeCode, bytes).Should().Be((NixlStatus.BackendError, Errno.EFBIG, 0L), "{0}", fault);
        fault.Detail.Should().Contain($"{1L << 45}");
    }

    [Test]
    public void DeletedFile_EndsATransfer([ValueSource(nameof(Queues))] string queue, [Values] TransferOperation operation)
    {
        using var world = Open(queue, 64 * 1024);
        var path = world.NewFile("deleted", 8192);
        var file = world.Open(path);
        using var transfer = world.Create(operation, file, (0L, 0UL, 8192));
        PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);

        File.Delete(path);

        var (status, fault, _) = PosixWorld.Run(transfer);
        (status, fault!.NativeCode).Should().Be((NixlStatus.NotFound, Errno.ENOENT));
        fault.Detail.Should().Contain($"{path} was deleted");
    }

    [Test]
    public void FailingDevice_EndsATransferUnderLoad([ValueSource(nameof(Queues))] string queue, [Values] TransferOperation operation)
    {
        using var doomed = LoopFileSystem.Mount(64);
        using var world = Open(queue, 16 * Mebibyte);
        var file = world.Open(Path.Combine(doomed.Root, "data"), "rw,create,direct");
        world.Run(TransferOperation.Write, file, 0, 16 * Mebibyte).Status.Should().Be(NixlStatus.Success);
        using var transfer = world.Create(operation, file, [.. Enumerable.Range(0, 4096).Select(static i => (Memory: i * 4096L, Offset: (ulong)(i * 4096), Length: 4096))]);
        transfer.Post();

        doomed.ShutDown();

        var (status, fault) = (transfer.Status, transfer.GetFault());
        for (var round = 0; round < 100 && (status is NixlStatus.InProgress or NixlStatus.Success); round++)
        {
            while (status == NixlStatus.InProgress)
            {
                status = transfer.Check();
            }

            (status, fault, _) = status == NixlStatus.Success ? PosixWorld.Run(transfer) : (status, transfer.GetFault(), 0);
        }

        (status, fault!.NativeCode).Should().Be((NixlStatus.BackendError, Errno.EIO), "{0}", fault);
        fault.Detail.Should().Contain(Path.Combine(doomed.Root, "data"));
        transfer.IsQuiescent.Should().BeTrue();
    }

    [Test]
    public void FailedSync_IsFinal([ValueSource(nameof(Queues))] string queue)
    {
        // A sparse image on a tmpfs without room: the page cache takes the bytes, writing them back fails, and only a sync tells.
        using var tmpfs = TemporaryMemory.Mount("20m");
        using var sparse = LoopFileSystem.Mount(128, Path.Combine(tmpfs.Root, "image"));
        using var world = Open(queue, 32 * Mebibyte, ("durable", "true"));
        var file = world.Open(Path.Combine(sparse.Root, "data"), "rw,create");

        var first = world.Run(TransferOperation.Write, file, 0, 32 * Mebibyte);
        var second = world.Run(TransferOperation.Write, file, 0, 4096);

        first.Status.Should().Be(NixlStatus.BackendError);
        first.Fault!.NativeCode.Should().BeOneOf([Errno.EIO, Errno.ENOSPC], "kernels differ in what a loop device without room is called: {0}", first.Fault);
        first.Fault.Detail.Should().Contain("durable failed");
        second.Status.Should().Be(NixlStatus.BackendError, "the kernel would report success for the second sync");
        second.Fault!.Hint.Should().Contain("final");
    }

    [Test]
    public void FailedSync_HoldsForADuplicateOfTheDescriptor([ValueSource(nameof(Queues))] string queue)
    {
        using var tmpfs = TemporaryMemory.Mount("20m");
        using var sparse = LoopFileSystem.Mount(128, Path.Combine(tmpfs.Root, "image"));
        using var handle = File.OpenHandle(Path.Combine(sparse.Root, "data"), FileMode.Create, FileAccess.ReadWrite);
        var descriptor = (int)handle.DangerousGetHandle();
        using var duplicate = new SafeFileHandle(Fcntl.fcntl(descriptor, Fcntl.F_DUPFD_CLOEXEC, 0), ownsHandle: true);
        using var world = Open(queue, 32 * Mebibyte, ("durable", "true"));
        var (one, other) = ((ulong)descriptor, (ulong)duplicate.DangerousGetHandle());
        world.Register((0, 0, one));
        world.Register((0, 0, other));

        world.Run(TransferOperation.Write, one, 0, 32 * Mebibyte).Status.Should().Be(NixlStatus.BackendError);
        var (status, fault, _) = world.Run(TransferOperation.Write, other, 0, 4096);

        status.Should().Be(NixlStatus.BackendError, "the kernel has told the failure, and tells success from now on");
        fault!.Hint.Should().Contain("final");
    }

    [Test]
    public void FullSparseImage_EndsADirectWrite([ValueSource(nameof(Queues))] string queue)
    {
        using var tmpfs = TemporaryMemory.Mount("20m");
        using var sparse = LoopFileSystem.Mount(128, Path.Combine(tmpfs.Root, "image"));
        using var world = Open(queue, 32 * Mebibyte);
        var file = world.Open(Path.Combine(sparse.Root, "data"), "rw,create,direct");

        var (status, fault, bytes) = world.Run(TransferOperation.Write, file, 0, 32 * Mebibyte);

        status.Should().Be(NixlStatus.BackendError);
        fault!.NativeCode.Should().BeOneOf(Errno.ENOSPC, Errno.EIO);
        bytes.Should().BeLessThan(32 * Mebibyte);
    }

    [Test]
    public void MemoryThatIsGone_EndsATransfer([ValueSource(nameof(Queues))] string queue)
    {
        using var world = Open(queue, 64 * 1024);
        var file = world.Open(world.NewFile("data", 8192));
        using var nowhere = world.Agent.Register(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(4096, 8192)])); // the first pages are never mapped
        using var transfer = world.Agent.CreateTransfer(
            TransferOperation.Read,
            new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(4096, 8192)]),
            new DescriptorList(MemoryType.File, [new MemoryDescriptor(0, 8192, file)]),
            world.Agent.Name);

        var (status, fault, _) = PosixWorld.Run(transfer);

        (status, fault!.NativeCode).Should().Be((NixlStatus.InvalidParam, Errno.EFAULT));
    }

    private static PosixWorld Open(string queue, int memoryBytes, params ReadOnlySpan<(string, string)> extra)
        => new(memoryBytes, [(queue, "true"), .. extra]);
}
