using System.Globalization;
using Nixl.Backends;

namespace Nixl.Tests.Routing;

/// <summary>An engine that copies within the agent and ends every post at once. Parameters: <c>refuse</c> (takes no memory), <c>cost</c> (µs that it expects),
/// <c>post</c> (the status that posts answer with).</summary>
internal abstract class CopyEngine(BackendLocality locality, int rank) : INixlBackendEngine, ILocalEngine
{
    private bool _refuses;
    private NixlStatus _answer;

    public virtual BackendCapabilities Capabilities { get; } = new(MemoryTypes.Dram, locality, rank);

    protected TimeSpan? ExpectedDuration { get; private set; }

    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        _refuses = context.Parameters.GetString("refuse") == "true";
        _answer = (NixlStatus)int.Parse(context.Parameters.GetString("post", "0"), CultureInfo.InvariantCulture);
        ExpectedDuration = context.Parameters.GetString("cost") is { Length: > 0 } cost
            ? TimeSpan.FromMicroseconds(int.Parse(cost, CultureInfo.InvariantCulture)) : null;
        fault = default;
        return NixlStatus.Success;
    }

    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = _refuses ? null : new Registered(region);
        fault = _refuses ? BackendFault.Because("this one is told to refuse") : default;
        return _refuses ? NixlStatus.BackendError : NixlStatus.Success;
    }

    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        return NixlStatus.Success;
    }

    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        remote = new Exposed(memory.Type, memory.Range);
        fault = default;
        return NixlStatus.Success;
    }

    public void UnloadMD(BackendRemoteMemory memory)
    {
        // holds nothing
    }

    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        request = new Request(transfer);
        fault = default;
        return NixlStatus.Success;
    }

    public unsafe NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        var transfer = ((Request)request).Transfer;
        foreach (ref readonly var segment in transfer.Segments.Span)
        {
            var (from, to) = transfer.Operation == TransferOperation.Write
                ? (segment.LocalAddress, segment.RemoteAddress) : (segment.RemoteAddress, segment.LocalAddress);
            Buffer.MemoryCopy((void*)from, (void*)to, segment.Length, segment.Length);
        }

        fault = default;
        return _answer;
    }

    public void CancelXfer(BackendRequest request, uint post)
    {
        // a post is over when it returns
    }

    public void ReleaseXfer(BackendRequest request)
    {
        // holds nothing
    }

    public NixlStatus GetNotifs(INotificationSink sink) => NixlStatus.NotSupported;

    public string DescribeFault(in BackendFault fault) => fault.Detail ?? "";

    public void Dispose()
    {
        // holds nothing
    }

    private sealed class Registered(in MemoryRegion region) : BackendMemory(region);

    private sealed class Exposed(MemoryType type, MemoryDescriptor range) : BackendRemoteMemory(type, range);

    private sealed class Request(BackendTransfer transfer) : BackendRequest
    {
        internal BackendTransfer Transfer { get; } = transfer;
    }
}
