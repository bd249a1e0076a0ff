using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>A small ext4 file system on a loop device, mounted in a folder of its own. Needs the rights of root; a test without them is skipped with the reason.</summary>
internal sealed unsafe class LoopFileSystem : IDisposable
{
    // _IOR('X', 125, __u32) of fs/ext4/ext4.h, and the flag that leaves the log unwritten.
    private const nuint EXT4_IOC_SHUTDOWN = 0x8004587d;
    private const uint EXT4_GOING_FLAGS_NOLOGFLUSH = 2;

    private readonly DirectoryInfo _folder;

    private LoopFileSystem(DirectoryInfo folder, string image) => (_folder, Image) = (folder, image);

    /// <summary>The file that backs it.</summary>
    internal string Image { get; }

    /// <summary>Where it is mounted.</summary>
    internal string Root => Path.Combine(_folder.FullName, "root");

    /// <summary>Makes and mounts one; skips the test where that is not possible.</summary>
    /// <param name="mebibytes">Its size.</param>
    /// <param name="image">The image to make or to use; null for one beside the mount point.</param>
    /// <param name="isNew">Whether the image is to be formatted.</param>
    internal static LoopFileSystem Mount(int mebibytes, string? image = null, bool isNew = true)
    {
        var folder = Directory.CreateTempSubdirectory("nixl-loop-");
        var fileSystem = new LoopFileSystem(folder, image ?? Path.Combine(folder.FullName, "image"));
        Directory.CreateDirectory(fileSystem.Root);
        if (isNew)
        {
            using (var file = File.Create(fileSystem.Image))
            {
                file.SetLength((long)mebibytes << 20);
            }

            fileSystem.Require("mkfs.ext4", "-q", "-F", fileSystem.Image);
        }

        fileSystem.Require("mount", "-o", "loop", fileSystem.Image, fileSystem.Root);
        return fileSystem;
    }

    /// <summary>From now on every read and write of the file system fails with EIO.</summary>
    internal void ShutDown()
    {
        var descriptor = Fcntl.open(Root, Fcntl.O_RDONLY, 0);
        var flags = EXT4_GOING_FLAGS_NOLOGFLUSH;
        var result = Libc.ioctl(descriptor, EXT4_IOC_SHUTDOWN, &flags);
        var error = Marshal.GetLastPInvokeErrorMessage();
        _ = Libc.close(descriptor);
        if (result != 0)
        {
            Assert.Ignore($"The file system cannot be shut down here: {error}");
        }
    }

    /// <summary>From now on every write waits, until <see cref="Thaw"/>.</summary>
    internal void Freeze()
    {
        var (exitCode, output) = Command.Run("fsfreeze", "--freeze", Root);
        if (exitCode != 0)
        {
            Assert.Ignore($"The file system cannot be frozen here: {output}");
        }
    }

    internal void Thaw() => Command.Run("fsfreeze", "--unfreeze", Root);

    public void Dispose()
    {
        Command.Run("umount", Root);
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            Command.Run("umount", "-l", Root); // something still holds it; the folder is empty when it lets go
        }
    }

    private void Require(string program, params ReadOnlySpan<string> arguments)
    {
        var (exitCode, output) = Command.Run(program, arguments);
        if (exitCode != 0)
        {
            Dispose();
            Assert.Ignore($"No small file system can be made here, which takes root, loop devices and e2fsprogs: {program}: {output}");
        }
    }
}
