using Nixl.Backends;

namespace Nixl.Tests.Fixtures;

/// <summary>An engine without any ability, compiled into each fixture plugin: it says so on every verb and counts how often it was disposed.</summary>
public abstract class IdleEngine : INixlBackendEngine
{
    private static readonly BackendFault Idle = BackendFault.Because("This engine moves nothing.");

    public int Disposals { get; private set; }

    public virtual BackendCapabilities Capabilities { get; } = new(MemoryTypes.None, BackendLocality.SameProcess);

    public virtual NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        fault = default;
        return NixlStatus.Success;
    }

    public virtual NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        return Refuse(out fault);
    }

    public virtual NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault) => Refuse(out fault);

    public void UnloadMD(BackendRemoteMemory memory)
    {
        // nothing was loaded
    }

    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        request = null;
        return Refuse(out fault);
    }

    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault) => Refuse(out fault);

    public void CancelXfer(BackendRequest request, uint post)
    {
        // nothing was posted
    }

    public void ReleaseXfer(BackendRequest request)
    {
        // nothing was prepared
    }

    public NixlStatus GetNotifs(INotificationSink sink) => NixlStatus.NotSupported;

    public virtual string DescribeFault(in BackendFault fault) => fault.Detail ?? "";

    public void Dispose()
    {
        Disposals++;
        GC.SuppressFinalize(this);
    }

    private static NixlStatus Refuse(out BackendFault fault)
    {
        fault = Idle;
        return NixlStatus.NotSupported;
    }
}
