using System.CommandLine;

namespace Nixl.Bench.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    internal static Option<FileInfo?> Json(params string[] aliases) => new("--json", aliases) { Description = "Also write the results to this file, as JSON." };

    /// <summary>For <see cref="Measurement.JitWarmUp.IsShort"/>.</summary>
    internal static Option<bool> QuickWarmUp() => new("--quick") { Description = "Warm nothing up: to see that everything runs; the figures say nothing." };
}
