using Nixl.Agent;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>Spans around what the agent's parts do.</content>
public sealed partial class NixlAgent
{
    private MemoryRegistration RegisterTraced(MemoryType type, RegionSource regions, IReadOnlyList<string>? backends, MemoryOwner owner)
    {
        using var span = NixlSpan.Start(TelemetryNames.RegisterSpan, Name);
        span.Tag(TelemetryNames.MemoryTypeTag, type);
        try
        {
            return Count(_memory.Register(type, regions, backends, owner));
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }

    private Transfer CreateTraced(TransferOperation operation, RouteQuery query, string peer, TransferOptions options)
    {
        using var span = NixlSpan.Start(TelemetryNames.CreateTransferSpan, Name, peer);
        span.Tag(TelemetryNames.DescriptorCountTag, query.Local.Count);
        try
        {
            CheckTransferLimits("CreateTransfer", peer);
            var transfer = _planner.Create(operation, query, peer, options);
            span.Tag(TelemetryNames.BackendTag, transfer.Backend);
            return transfer;
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }

    private Transfer MakeTraced(
        TransferOperation operation,
        PreparedDescriptors local,
        ReadOnlySpan<int> localIndices,
        PreparedDescriptors remote,
        ReadOnlySpan<int> remoteIndices,
        TransferOptions options)
    {
        using var span = NixlSpan.Start(TelemetryNames.MakeTransferSpan, Name, remote.AgentName);
        span.Tag(TelemetryNames.DescriptorCountTag, localIndices.Length);
        try
        {
            CheckTransferLimits("MakeTransfer", remote.AgentName);
            var transfer = _planner.Make(operation, local, localIndices, remote, remoteIndices, remote.AgentName, options);
            span.Tag(TelemetryNames.BackendTag, transfer.Backend);
            return transfer;
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }
}
