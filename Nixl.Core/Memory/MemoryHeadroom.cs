using System.Globalization;

namespace Nixl;

/// <summary>How much more memory the process can take before the kernel kills somebody, and which limit says so.</summary>
/// <remarks>The kernel does not refuse pages of shared memory: beyond a limit its OOM killer ends the process. So an allocation that cannot succeed is recognised
/// beforehand. This is an estimate; others take memory at the same time.</remarks>
/// <param name="Bytes">Bytes left, never negative; <see cref="long.MaxValue"/> when nothing could be read.</param>
/// <param name="Source">The file whose limit is the tightest.</param>
internal readonly record struct MemoryHeadroom(long Bytes, string Source)
{
    private static readonly MemoryHeadroom Unknown = new(long.MaxValue, "no known limit");

    /// <summary>Reads the machine's free memory and the limits of the process's control groups (versions 1 and 2) with their ancestors.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are found.</param>
    internal static MemoryHeadroom Read(string root = "/")
    {
        var tightest = OfMachine(Path.Combine(root, "proc/meminfo"));
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            foreach (var group in GroupsOf(root, line))
            {
                var headroom = OfGroup(group);
                tightest = headroom.Bytes < tightest.Bytes ? headroom : tightest;
            }
        }

        return tightest;
    }

    private static MemoryHeadroom OfMachine(string path)
    {
        long available = 0, swap = 0;
        foreach (var line in Lines(path))
        {
            available = ValueAfter(line, "MemAvailable:") ?? available;
            swap = ValueAfter(line, "SwapFree:") ?? swap;
        }

        return available > 0 ? new MemoryHeadroom((available + swap) << 10, path) : Unknown;
    }

    // A line is "hierarchy:controllers:path". Version 2 has no controllers; version 1 matters where "memory" is among them.
    private static IEnumerable<Group> GroupsOf(string root, string line)
    {
        var parts = line.Split(':', 3);
        if (parts.Length < 3)
        {
            yield break;
        }

        var isVersion1 = parts[1].Split(',').Contains("memory");
        if (!isVersion1 && parts[1].Length > 0)
        {
            yield break;
        }

        // A path above the namespace's root is written with "..", and is not visible here; the mount's own root then stands for it.
        var path = parts[2].Contains("..", StringComparison.Ordinal) ? "" : parts[2].Trim('/');
        var mount = Path.Combine(root, isVersion1 ? "sys/fs/cgroup/memory" : "sys/fs/cgroup");
        for (; ; path = Path.GetDirectoryName(path) ?? "")
        {
            yield return new Group(Path.Combine(mount, path), isVersion1);
            if (path.Length == 0)
            {
                yield break;
            }
        }
    }

    private static MemoryHeadroom OfGroup(Group group)
    {
        var limitFile = Path.Combine(group.Folder, group.IsVersion1 ? "memory.limit_in_bytes" : "memory.max");
        var usageFile = Path.Combine(group.Folder, group.IsVersion1 ? "memory.usage_in_bytes" : "memory.current");
        if (FirstNumber(limitFile) is not { } limit || FirstNumber(usageFile) is not { } usage)
        {
            return Unknown;
        }

        // Cached file pages are counted as used, but the kernel takes them back before it kills.
        long reclaimable = 0;
        foreach (var line in Lines(Path.Combine(group.Folder, "memory.stat")))
        {
            reclaimable = ValueAfter(line, group.IsVersion1 ? "total_inactive_file " : "inactive_file ") ?? reclaimable;
        }

        var used = Math.Max(0, usage - reclaimable);
        return new MemoryHeadroom(Math.Max(0, limit - used), limitFile);
    }

    private static long? FirstNumber(string path)
        => long.TryParse(Lines(path).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static long? ValueAfter(string line, string key)
    {
        if (!line.StartsWith(key, StringComparison.Ordinal))
        {
            return null;
        }

        var text = line.AsSpan(key.Length).Trim();
        var end = text.IndexOf(' ');
        return long.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private readonly record struct Group(string Folder, bool IsVersion1);
}
