using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Planning;

/// <summary>Plans copies within this process.</summary>
internal static class CopyPlanner
{
    // It needs a backend's name to be planned like everything else; none is created.
    private const string PlannedLike = "SHM";

    private static readonly string[] One = ["num_threads", "pipeline_depth", "num_initiator_dev", "num_target_dev"];

    /// <exception cref="BenchmarkException">Something cannot be: says what, why and what can.</exception>
    internal static RunRequest Build(OptionValues values, string title)
    {
        foreach (var option in One.Where(option => values.Number(option) != 1))
        {
            throw new BenchmarkException($"memory_copy copies with one thread, one block after the other: leave out --{option}.");
        }

        values.Set("backend", PlannedLike);
        values.Set("local_pair", "true");
        var request = PlanBuilder.Build(values, title, new HashSet<string> { PlannedLike });
        var plan = request.Plan with { Backend = "memcpy", Store = StoreKind.Copy, Notifies = false, Processors = [] };
        return request with { Plan = plan, Meeting = new Meeting(MeetingKind.Alone, "", "", 0) };
    }
}
