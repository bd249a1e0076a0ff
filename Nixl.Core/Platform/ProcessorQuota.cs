namespace Nixl.Platform;

/// <summary>How many processors' worth of time the control groups grant this process.</summary>
internal static class ProcessorQuota
{
    /// <summary>The tightest quota of the process's groups and their ancestors, in processors; null when none is set.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are found.</param>
    internal static double? Read(string root = "/")
    {
        double? tightest = null;
        foreach (var group in ControlGroup.Of(root, "cpu"))
        {
            if (OfGroup(group) is { } quota && (tightest is null || quota < tightest))
            {
                tightest = quota;
            }
        }

        return tightest;
    }

    private static double? OfGroup(ControlGroup group)
    {
        long? quota, period;
        if (group.IsVersion1)
        {
            quota = ControlGroup.ReadNumber(Path.Combine(group.Folder, "cpu.cfs_quota_us")); // -1 for none
            period = ControlGroup.ReadNumber(Path.Combine(group.Folder, "cpu.cfs_period_us"));
        }
        else
        {
            // "quota period" in microseconds, or "max period".
            var words = (ControlGroup.Lines(Path.Combine(group.Folder, "cpu.max")).FirstOrDefault() ?? "").Split(' ');
            quota = ControlGroup.ParseNumber(words[0]);
            period = words.Length > 1 ? ControlGroup.ParseNumber(words[1]) : null;
        }

        return quota is { } granted && period is > 0 ? (double)granted / period : null;
    }
}
