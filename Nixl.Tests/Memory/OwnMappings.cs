using System.Diagnostics;
using System.Globalization;

namespace Nixl.Tests.Memory;

/// <summary>What the kernel knows of this process's anonymous files, found by the unique name that each test gives.</summary>
internal static class OwnMappings
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    internal static string UniqueName() => $"nixl-test-{Guid.NewGuid():N}";

    internal static int CountDescriptors(string name)
        => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry => Target(entry).Contains(name, StringComparison.Ordinal));

    internal static int CountMappings(string name)
        => File.ReadLines("/proc/self/maps").Count(line => line.Contains(name, StringComparison.Ordinal));

    internal static long AddressSpaceKibibytes() => Kibibytes(File.ReadAllLines("/proc/self/status"), "VmSize");

    /// <summary>The lines of smaps about the mapping that begins at <paramref name="address"/>.</summary>
    internal static string[] Describe(ulong address)
    {
        var first = address.ToString("x8", CultureInfo.InvariantCulture) + "-";
        return [.. File.ReadLines("/proc/self/smaps")
            .SkipWhile(line => !line.StartsWith(first, StringComparison.Ordinal))
            .TakeWhile((line, index) => index == 0 || !line.Split(' ')[0].Contains('-', StringComparison.Ordinal))];
    }

    /// <summary>The kibibytes of one line of <see cref="Describe"/>.</summary>
    internal static long Kibibytes(string[] description, string key)
        => long.Parse(description.Single(line => line.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(),
            CultureInfo.InvariantCulture);

    /// <summary>Polls <paramref name="condition"/> until it holds; false when the deadline passes first.</summary>
    internal static bool Eventually(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Deadline)
            {
                return false;
            }

            Thread.Yield();
        }

        return true;
    }

    // A descriptor of another thread may be closed between the listing and the look.
    private static string Target(string entry)
    {
        try
        {
            return new FileInfo(entry).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
