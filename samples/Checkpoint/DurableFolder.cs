using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Samples.Checkpoint.Interop;

namespace Nixl.Samples.Checkpoint;

/// <summary>Folders whose names, and the names in them, survive a power cut. The backend sees to those of the files that it creates; the rest is the program's.</summary>
internal static class DurableFolder
{
    /// <summary>Makes a folder, and those above it that do not exist.</summary>
    internal static void Create(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            Create(parent);
            Directory.CreateDirectory(folder);
            Sync(parent);
        }
    }

    /// <summary>Has the device take what was made, renamed or deleted in a folder.</summary>
    /// <exception cref="SampleException">It does not.</exception>
    internal static void Sync(string folder)
    {
        using var directory = new SafeFileHandle(Libc.open(folder, Libc.ReadOnly), ownsHandle: true);
        if (directory.IsInvalid || Libc.fsync(directory) != 0)
        {
            throw new SampleException($"{folder} cannot be synced: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }
}
