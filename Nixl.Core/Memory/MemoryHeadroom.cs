using Nixl.Platform;

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
        foreach (var group in ControlGroup.Of(root, "memory"))
        {
            var headroom = OfGroup(group);
            tightest = headroom.Bytes < tightest.Bytes ? headroom : tightest;
        }

        return tightest;
    }

    private static MemoryHeadroom OfMachine(string path)
    {
        long available = 0, swap = 0;
        foreach (var line in ControlGroup.Lines(path))
        {
            available = ValueAfter(line, "MemAvailable:") ?? available;
            swap = ValueAfter(line, "SwapFree:") ?? swap;
        }

        return available > 0 ? new MemoryHeadroom((available + swap) << 10, path) : Unknown;
    }

    private static MemoryHeadroom OfGroup(ControlGroup group)
    {
        var limitFile = Path.Combine(group.Folder, group.IsVersion1 ? "memory.limit_in_bytes" : "memory.max");
        var usageFile = Path.Combine(group.Folder, group.IsVersion1 ? "memory.usage_in_bytes" : "memory.current");
        if (ControlGroup.ReadNumber(limitFile) is not { } limit || ControlGroup.ReadNumber(usageFile) is not { } usage)
        {
            return Unknown;
        }

        // Cached file pages are counted as used, but the kernel takes them back before it kills.
        long reclaimable = 0;
        foreach (var line in ControlGroup.Lines(Path.Combine(group.Folder, "memory.stat")))
        {
            reclaimable = ValueAfter(line, group.IsVersion1 ? "total_inactive_file " : "inactive_file ") ?? reclaimable;
        }

        var used = Math.Max(0, usage - reclaimable);
        return new MemoryHeadroom(Math.Max(0, limit - used), limitFile);
    }

    private static long? ValueAfter(string line, string key)
    {
        if (!line.StartsWith(key, StringComparison.Ordinal))
        {
            return null;
        }

        var text = line.AsSpan(key.Length).Trim();
        var end = text.IndexOf(' ');
        return ControlGroup.ParseNumber(end < 0 ? text : text[..end]);
    }
}
