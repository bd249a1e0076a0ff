using Nixl.Backends.S3.Memory;
using Nixl.Backends.S3.Query;
using Nixl.Backends.S3.Transfers;

namespace Nixl.Backends.S3;

/// <content>Memory, objects and transfers.</content>
public partial class S3Engine
{
    /// <inheritdoc/>
    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        fault = default;
        switch (region.Type)
        {
            case MemoryType.Dram:
                memory = new HostMemory(region);
                return NixlStatus.Success;
            case MemoryType.Object:
                memory = ObjectKey.Read(region.MetaInfo.Span, region.Range.DeviceId, out fault) is { } key ? new ObjectMemory(region, key) : null;
                return memory is null ? NixlStatus.InvalidParam : NixlStatus.Success;
            default:
                fault = BackendFault.Because($"The OBJ backend takes no {region.Type} memory.", "Register host memory or objects with it.");
                return NixlStatus.NotSupported;
        }
    }

    /// <inheritdoc/>
    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    /// <remarks>Host memory gets no remote side: this backend moves nothing from memory to memory.</remarks>
    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        fault = default;
        remote = memory is ObjectMemory { Key: var key } ? new RemoteObject(memory.Range, key) : null;
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public void UnloadMD(BackendRemoteMemory memory)
    {
    }

    /// <inheritdoc/>
    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        request = null;
        if (_store is not { } store)
        {
            return Closed(out fault);
        }

        if (TransferBuilder.Build(transfer, store, out var status, out fault) is { } prepared)
        {
            _requests[prepared] = true;
            request = prepared;
        }

        return status;
    }

    /// <inheritdoc/>
    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        if (_store is null)
        {
            return Closed(out fault);
        }

        fault = default;
        var transfer = (S3Request)request;
        if (transfer.Plans.Length == 0)
        {
            return NixlStatus.Success; // a read of nothing
        }

        transfer.Start(post);
        return NixlStatus.InProgress;
    }

    /// <inheritdoc/>
    public void CancelXfer(BackendRequest request, uint post) => ((S3Request)request).Stop(post);

    /// <inheritdoc/>
    public void ReleaseXfer(BackendRequest request) => _requests.TryRemove((S3Request)request, out _);

    /// <inheritdoc/>
    /// <remarks>From what transfers of the same direction and size of objects took so far; NotSupported before the first one.</remarks>
    public NixlStatus EstimateXferCost(BackendTransfer transfer, out TransferCost cost, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        cost = default;
        fault = default;
        if (_store?.Costs.TryEstimate(transfer.Operation == TransferOperation.Write, transfer.TotalBytes, transfer.RemoteMemories.Count, out cost) == true)
        {
            return NixlStatus.Success;
        }

        fault = BackendFault.Because("No transfer of this kind was measured yet.", "Post one first.");
        return NixlStatus.NotSupported;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<MemoryAnswer>> QueryMemAsync(
        MemoryType type, IReadOnlyList<RegistrationDescriptor> descriptors, CancellationToken cancellationToken)
        => _store is { } store
            ? ObjectQuery.RunAsync(type, descriptors, store, cancellationToken)
            : Task.FromResult<IReadOnlyList<MemoryAnswer>>([.. descriptors.Select(static _ => new MemoryAnswer(Closed(out var fault), null, fault))]);
}
