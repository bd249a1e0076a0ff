namespace Nixl.Bench.Transfers.Roles;

/// <summary>How the ranks create their agents.</summary>
internal static class AgentSetup
{
    internal static string NameOf(int rank) => $"nixlbench-{rank}";

    /// <summary>An agent with the plan's backend.</summary>
    /// <exception cref="BenchmarkException">The backend is not there or does not work here: says why and what to do.</exception>
    internal static NixlAgent Create(TransferPlan plan, Topology topology, int rank)
    {
        // As upstream: one list for all, or a device for each process.
        var isPerRank = plan.Devices.Count > 1 && plan.Mode == DeviceMode.OnePerProcess;
        var options = new NixlAgentOptions
        {
            Backends = { new BackendSelection(plan.Backend, plan.BackendParameters) },
            Devices = isPerRank ? [plan.Devices[topology.NumberOf(rank)]] : plan.Devices,
            Progress = plan.UsesProgressThread ? ProgressMode.Adaptive : ProgressMode.Manual,
            TransferTimeout = plan.Deadline,
        };
        try
        {
            return new NixlAgent(NameOf(rank), options);
        }
        catch (NixlException unusable)
        {
            throw new BenchmarkException($"The backend {plan.Backend} cannot be used here: {unusable.Message}");
        }
    }

    /// <summary>The processor of a rank; null for the scheduler's choice.</summary>
    internal static int? ProcessorOf(TransferPlan plan, int rank) => plan.Processors.Count == 0 ? null : plan.Processors[rank % plan.Processors.Count];
}
