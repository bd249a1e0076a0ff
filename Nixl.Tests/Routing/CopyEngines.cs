using Nixl.Backends;

namespace Nixl.Tests.Routing;

/// <summary>The nearest one; tells its cost when it is given one.</summary>
[ExportBackend("NEAR", MemoryTypes.Dram, SupportsLocal = true, Description = "Copies; for tests of routing.")]
internal sealed class NearEngine() : CopyEngine(BackendLocality.SameProcess, rank: 0), ICostEstimator
{
    public NixlStatus EstimateXferCost(BackendTransfer transfer, out TransferCost cost, out BackendFault fault)
        => Costs.Answer(ExpectedDuration, out cost, out fault);
}

/// <summary>On the network, of low rank; tells its cost when it is given one.</summary>
[ExportBackend("FAR", MemoryTypes.Dram, SupportsLocal = true, Description = "Copies; for tests of routing.")]
internal sealed class FarEngine() : CopyEngine(BackendLocality.Network, rank: 1), ICostEstimator
{
    public NixlStatus EstimateXferCost(BackendTransfer transfer, out TransferCost cost, out BackendFault fault)
        => Costs.Answer(ExpectedDuration, out cost, out fault);
}

/// <summary>On the network, of high rank; tells no cost.</summary>
[ExportBackend("SILENT", MemoryTypes.Dram, SupportsLocal = true, Description = "Copies; for tests of routing.")]
internal sealed class SilentEngine() : CopyEngine(BackendLocality.Network, rank: 2);

/// <summary>Takes files only, moves nothing within the agent that a test would ask for, and answers questions about files.</summary>
[ExportBackend("FILES", MemoryTypes.File, SupportsLocal = true, Description = "Looks at files; for tests of questions.")]
internal sealed class FilesEngine() : CopyEngine(BackendLocality.SameHost, rank: 0), IMemoryQuery
{
    /// <summary>The name of a file about which no answer ever comes.</summary>
    internal const string Unanswered = "/never";

    public override BackendCapabilities Capabilities { get; } = new(MemoryTypes.File, BackendLocality.SameHost);

    public async Task<IReadOnlyList<MemoryAnswer>> QueryMemAsync(
        MemoryType type, IReadOnlyList<RegistrationDescriptor> descriptors, CancellationToken cancellationToken)
    {
        var answers = new List<MemoryAnswer>();
        foreach (var descriptor in descriptors)
        {
            answers.Add(await Look(System.Text.Encoding.UTF8.GetString(descriptor.MetaInfo.Span)).ConfigureAwait(false));
        }

        return answers;
    }

    private static async Task<MemoryAnswer> Look(string path)
    {
        if (path == Unanswered)
        {
            await Task.Delay(Timeout.Infinite).ConfigureAwait(false); // ignores the token, as a hung mount does
        }

        if (path.Length == 0)
        {
            return new MemoryAnswer(NixlStatus.InvalidParam, null, BackendFault.Because("a file without a name"));
        }

        var file = new FileInfo(path);
        return new MemoryAnswer(NixlStatus.Success, file.Exists ? new Dictionary<string, string> { ["size"] = $"{file.Length}" } : null);
    }
}

internal static class Costs
{
    internal static NixlStatus Answer(TimeSpan? duration, out TransferCost cost, out BackendFault fault)
    {
        fault = default;
        cost = new TransferCost(duration ?? default, TimeSpan.Zero, CostMethod.AnalyticalBackend);
        return duration is null ? NixlStatus.NotSupported : NixlStatus.Success;
    }
}
