namespace Nixl.Backends.Ucx;

/// <summary>Finds out whether this machine has Amazon's network adapters (EFA), for which NIXL sets libucp up differently.</summary>
internal static class EfaDevices
{
    private const string Folder = "/sys/class/infiniband"; // where every adapter with RDMA is, whoever made it
    private const string AmazonVendor = "0x1d0f";
    private const string EfaDevice = "0xefa"; // efa0 to efa3 so far

    // Adapters do not come while a process runs.
    private static readonly Lazy<bool> Found = new(static () => ExistIn(Folder));

    /// <summary>Whether there are any.</summary>
    internal static bool Exist => Found.Value;

    /// <summary>Whether there are any in a folder of that layout.</summary>
    internal static bool ExistIn(string folder)
    {
        try
        {
            return Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(static adapter
                => Read(adapter, "vendor") == AmazonVendor && Read(adapter, "device").StartsWith(EfaDevice, StringComparison.OrdinalIgnoreCase));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false; // hidden from this user: libucp does not see them either
        }
    }

    private static string Read(string adapter, string name)
    {
        var file = Path.Combine(adapter, "device", name);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : "";
    }
}
