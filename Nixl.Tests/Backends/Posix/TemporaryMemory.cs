using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>A tmpfs of limited size, mounted in a folder of its own. Needs the rights of root; a test without them is skipped with the reason.</summary>
internal sealed class TemporaryMemory : IDisposable
{
    private readonly DirectoryInfo _folder;

    private TemporaryMemory(DirectoryInfo folder) => _folder = folder;

    internal string Root => _folder.FullName;

    /// <summary>Mounts one; <paramref name="size"/> as mount takes it.</summary>
    internal static TemporaryMemory Mount(string size)
    {
        var folder = Directory.CreateTempSubdirectory("nixl-tmpfs-");
        var (exitCode, output) = Command.Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder.FullName);
        if (exitCode != 0)
        {
            folder.Delete();
            Assert.Ignore($"No tmpfs can be mounted here, which takes root: {output}");
        }

        return new TemporaryMemory(folder);
    }

    public void Dispose()
    {
        if (Command.Run("umount", Root).ExitCode != 0)
        {
            Command.Run("umount", "-l", Root);
        }

        _folder.Delete();
    }
}
