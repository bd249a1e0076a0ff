using System.Collections.Concurrent;
using Nixl.Backends;
using Nixl.Tests.Memory;

namespace Nixl.Tests.Agent;

/// <summary>An engine that takes memory and, when it is closed, looks whether the memory named by its parameter <c>watch</c> is still mapped.</summary>
[ExportBackend("LAST_LOOK", MemoryTypes.Dram, SupportsLocal = false, SupportsRemote = false, Description = "Looks at memory when it is closed.")]
internal sealed class LastLookEngine : INixlBackendEngine
{
    private string _watched = "";

    public static ConcurrentDictionary<string, int> MappingsSeen { get; } = new();

    public BackendCapabilities Capabilities { get; } = new(MemoryTypes.Dram, BackendLocality.SameProcess);

    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        _watched = context.Parameters.GetString("watch");
        fault = default;
        return NixlStatus.Success;
    }

    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = new Registered(region);
        fault = default;
        return NixlStatus.Success;
    }

    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        return NixlStatus.Success;
    }

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

    public string DescribeFault(in BackendFault fault) => fault.Detail ?? "";

    public void Dispose() => MappingsSeen[_watched] = OwnMappings.CountMappings(_watched);

    private static NixlStatus Refuse(out BackendFault fault)
    {
        fault = BackendFault.Because("This engine moves nothing.");
        return NixlStatus.NotSupported;
    }

    private sealed class Registered(in MemoryRegion region) : BackendMemory(region);
}
