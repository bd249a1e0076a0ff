using Nixl.Backends;

namespace Nixl.Bench.Registry;

/// <summary>An engine that takes all memory and moves nothing: what is measured over it is the agent's own work.</summary>
[ExportBackend("NULL", MemoryTypes.Dram, SupportsLocal = true, Description = "Moves nothing; for measuring the agent.")]
internal sealed class NullEngine : INixlBackendEngine, ILocalEngine
{
    [ThreadStatic]
    private static BackendTransfer? _lastPrepared;

    /// <summary>What an engine of this kind was last asked to prepare on the calling thread.</summary>
    internal static BackendTransfer? LastPrepared => _lastPrepared;

    public BackendCapabilities Capabilities { get; } = new(MemoryTypes.Dram, BackendLocality.SameProcess);

    public NixlStatus Initialize(BackendContext context, out BackendFault fault) => Succeed(out fault);

    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = new Memory(region);
        return Succeed(out fault);
    }

    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault) => Succeed(out fault);

    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        remote = new RemoteMemory(memory.Type, memory.Range);
        return Succeed(out fault);
    }

    public void UnloadMD(BackendRemoteMemory memory)
    {
    }

    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        _lastPrepared = transfer;
        request = new Request();
        return Succeed(out fault);
    }

    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault) => Succeed(out fault);

    public void CancelXfer(BackendRequest request, uint post)
    {
    }

    public void ReleaseXfer(BackendRequest request)
    {
    }

    public NixlStatus GetNotifs(INotificationSink sink) => NixlStatus.NotSupported;

    public string DescribeFault(in BackendFault fault) => "";

    public void Dispose()
    {
    }

    private static NixlStatus Succeed(out BackendFault fault)
    {
        fault = default;
        return NixlStatus.Success;
    }

    private sealed class Memory(in MemoryRegion region) : BackendMemory(region);

    private sealed class RemoteMemory(MemoryType type, MemoryDescriptor range) : BackendRemoteMemory(type, range);

    private sealed class Request : BackendRequest;
}
