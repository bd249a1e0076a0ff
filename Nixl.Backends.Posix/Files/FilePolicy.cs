using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Handles;

namespace Nixl.Backends.Posix.Files;

/// <summary>Which files path mode may open. Descriptors that the process opened itself are not subject to it.</summary>
/// <param name="Root">The directory that no path may leave, or null.</param>
/// <param name="RootHandle">The root, opened; null without one.</param>
/// <param name="AllowSymlinks">Whether symbolic links are followed (never out of the root).</param>
/// <param name="AllowMountedDevices">Whether a block device may be used that something else holds, such as a mounted file system.</param>
internal sealed record FilePolicy(string? Root, SafeFileHandle? RootHandle, bool AllowSymlinks, bool AllowMountedDevices) : IDisposable
{
    private readonly DescriptorLease? _rootLease = RootHandle is null ? null : new DescriptorLease(RootHandle);

    /// <summary>Whether the kernel must resolve paths under restrictions.</summary>
    internal bool IsRestricted => Root is not null || !AllowSymlinks;

    /// <summary>The directory from which relative paths start.</summary>
    internal int Directory => _rootLease?.Descriptor ?? Interop.Fcntl.AT_FDCWD;

    /// <summary>The path as it is looked up from <see cref="Directory"/>: below a root, an absolute path must begin with the root and loses it.</summary>
    internal bool TryRelate(string path, out string related)
    {
        related = path;
        if (Root is null || !path.StartsWith('/'))
        {
            return true;
        }

        if (path.StartsWith(Root, StringComparison.Ordinal) && path.Length > Root.Length && path[Root.Length] == '/')
        {
            related = path[Root.Length..].TrimStart('/');
            return related.Length > 0;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rootLease?.Dispose();
        RootHandle?.Dispose();
    }
}
