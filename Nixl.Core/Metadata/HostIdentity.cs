using System.Globalization;

namespace Nixl.Metadata;

/// <summary>Which running kernel, namespaces and process an agent lives in. Parts that could not be read are zero.</summary>
/// <param name="BootId">The kernel's random number of this boot; equal for all containers of one host.</param>
/// <param name="PidNamespace">Inode of the process-id namespace: process ids mean the same only where it is equal.</param>
/// <param name="NetworkNamespace">Inode of the network namespace: loopback addresses and abstract sockets are shared only where it is equal.</param>
/// <param name="ProcessId">The process id, seen from inside <paramref name="PidNamespace"/>.</param>
public readonly record struct HostIdentity(Guid BootId, ulong PidNamespace, ulong NetworkNamespace, uint ProcessId)
{
    /// <summary>This process, read once.</summary>
    public static HostIdentity Current { get; } = new(
        ReadBootId("/proc/sys/kernel/random/boot_id"), ReadNamespace("/proc/self/ns/pid"), ReadNamespace("/proc/self/ns/net"), (uint)Environment.ProcessId);

    /// <summary>Whether both are known to run under the same kernel; false where either boot id could not be read.</summary>
    public bool IsSameHostAs(in HostIdentity other) => BootId != Guid.Empty && BootId == other.BootId;

    internal static Guid ReadBootId(string path)
    {
        try
        {
            return Guid.TryParse(File.ReadAllText(path).AsSpan().Trim(), out var id) ? id : Guid.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Guid.Empty;
        }
    }

    /// <summary>The number in a link such as <c>pid:[4026531836]</c>.</summary>
    internal static ulong ReadNamespace(string path)
    {
        try
        {
            var target = new FileInfo(path).LinkTarget.AsSpan();
            var open = target.IndexOf('[');
            var inode = open < 0 ? default : target[(open + 1)..].TrimEnd(']');
            return ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
