using System.Runtime.InteropServices;

namespace Nixl.Bench.Reporting;

/// <summary>Where the figures come from: without it they mean nothing.</summary>
internal sealed record MachineDescription(string Processor, int Processors, string System, string Runtime, string LoadAverage, DateTimeOffset Taken)
{
    internal static MachineDescription OfThis() => new(
        ReadAfterColon("/proc/cpuinfo", "model name"),
        Environment.ProcessorCount,
        $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}, kernel {Read("/proc/sys/kernel/osrelease").Trim()}",
        RuntimeInformation.FrameworkDescription,
        string.Join(' ', Read("/proc/loadavg").Split(' ').Take(3)),
        DateTimeOffset.UtcNow);

    private static string ReadAfterColon(string file, string name)
        => Read(file).Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() ?? "unknown";

    private static string Read(string file) => File.Exists(file) ? File.ReadAllText(file) : "";
}
