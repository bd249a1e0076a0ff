namespace Nixl.Backends.Ucx;

/// <summary>What to do about a /dev/shm that is too small for libucp: its transport <c>posix</c> then cannot open, and libucp creates no worker at all instead of
/// leaving it out.</summary>
internal static class SharedMemorySpace
{
    private const string Folder = "/dev/shm";
    private const string Key = "TLS";

    // libucp 1.13.1 asks for 4,292,720 bytes of receive descriptors with every worker and grows from there.
    private const long NeededBytes = 8L << 20;

    // Names of the transport, and of the groups that hold it.
    private static readonly string[] Names = ["posix", "mm", "shm", "sm"];

    /// <summary>Leaves the transport out where the choice is open, or refuses where the user asked for it by name.</summary>
    /// <param name="options">What is wanted; what is applied afterwards.</param>
    /// <param name="environment">The value of an environment variable as libucp sees it, or null.</param>
    /// <param name="freeBytes">What <see cref="FreeBytes"/> found.</param>
    /// <param name="isLeftOut">Whether the transport was left out for this reason.</param>
    /// <param name="fault">Why it is refused.</param>
    internal static bool TryAdapt(
        ref UcxConfiguration options, Func<string, string?> environment, long? freeBytes, out bool isLeftOut, out BackendFault fault)
    {
        (isLeftOut, fault) = (false, default);
        if (freeBytes is not { } free || free >= NeededBytes * options.WorkersAtOnce)
        {
            return true;
        }

        var chosen = (options.Settings.LastOrDefault(static setting => setting.Key == Key)?.Value ?? environment("UCX_TLS") ?? "").Trim();
        var isExclusion = chosen.StartsWith('^');
        var names = chosen.TrimStart('^').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var isNamed = names.Intersect(Names, StringComparer.OrdinalIgnoreCase).Any();
        var isOpen = isExclusion ? !isNamed : names.Length == 0 || names.Contains("all", StringComparer.OrdinalIgnoreCase);
        if (isOpen)
        {
            var without = new UcxSetting(Key, isExclusion ? $"{chosen},posix" : "^posix", UcxSetting.FromNixl);
            options = options with { Settings = [.. options.Settings.Where(static setting => setting.Key != Key), without] };
            isLeftOut = true;
            return true;
        }

        if (isNamed && !isExclusion)
        {
            fault = BackendFault.Because(
                $"{Folder} has {free} free bytes, and the transport that was asked for by {chosen} needs {NeededBytes * options.WorkersAtOnce}.",
                $"Give the container more (docker run --shm-size, or an emptyDir of medium Memory at {Folder}), or leave posix out of UCX_TLS.");
            return false;
        }

        return true;
    }

    /// <summary>Free bytes of /dev/shm; null where there is none to look at.</summary>
    internal static long? FreeBytes()
    {
        try
        {
            return new DriveInfo(Folder).AvailableFreeSpace;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
