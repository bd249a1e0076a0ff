using System.Collections.Concurrent;
using Nixl.Backends;
using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Staging;

/// <summary>Moves between host memory and <see cref="Store"/>s, as a storage engine does between memory and files: local, without notifications.</summary>
[ExportBackend("STORE", MemoryTypes.Dram | MemoryTypes.File, SupportsLocal = true, Description = "Moves bytes to and from arrays; for tests of staged routes.")]
internal sealed class StoreEngine : INixlBackendEngine, ILocalEngine, IProgressEngine
{
    private readonly ConcurrentQueue<StoreRequest> _late = [];
    private readonly ConcurrentDictionary<StoreRequest, bool> _stuck = [];
    private int _registered;

    public BackendCapabilities Capabilities { get; } = new(MemoryTypes.Dram | MemoryTypes.File, BackendLocality.SameHost)
    {
        LocalSide = MemoryTypes.Dram,
        RemoteSide = MemoryTypes.File,
    };

    public int EventFd => IProgressEngine.NothingFromOutside;

    /// <summary>The engine that was created last; tests that use it create one at a time.</summary>
    internal static StoreEngine Last { get; private set; } = null!;

    /// <summary>How many ranges of host memory it holds.</summary>
    internal int HostRanges => Volatile.Read(ref _registered);

    internal bool IsDisposed { get; private set; }

    /// <summary>Ends every move that is stuck.</summary>
    internal void FinishStuck()
    {
        foreach (var request in _stuck.Keys.Where(request => _stuck.TryRemove(request, out _)))
        {
            request.Run();
        }
    }

    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        fault = default;
        Last = this;
        return NixlStatus.Success;
    }

    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        fault = default;
        memory = new Registered(region);
        Interlocked.Add(ref _registered, region.Type == MemoryType.Dram ? 1 : 0);
        return NixlStatus.Success;
    }

    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        Interlocked.Add(ref _registered, memory.Type == MemoryType.Dram ? -1 : 0);
        return NixlStatus.Success;
    }

    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        fault = default;
        remote = new Exposed(memory.Type, memory.Range);
        return NixlStatus.Success;
    }

    public void UnloadMD(BackendRemoteMemory memory)
    {
        // holds nothing
    }

    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        fault = default;
        var prepared = new StoreRequest(transfer);
        request = prepared;
        return prepared.Store.ThrowsInPrep ? throw new InvalidOperationException("the engine was told to throw") : NixlStatus.Success;
    }

    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        var own = (StoreRequest)request;
        fault = default;
        own.Post = post;
        switch (own.Store.Mode)
        {
            case CompletionMode.Late:
                _late.Enqueue(own);
                return NixlStatus.InProgress;
            case CompletionMode.Foreign:
                ThreadPool.UnsafeQueueUserWorkItem(static queued => queued.Run(), own, preferLocal: false);
                return NixlStatus.InProgress;
            case CompletionMode.UntilCanceled or CompletionMode.Never:
                _stuck[own] = true;
                return NixlStatus.InProgress;
            case CompletionMode.Throws:
                throw new InvalidOperationException("the engine was told to throw");
            default:
                return own.Move(out fault);
        }
    }

    public void CancelXfer(BackendRequest request, uint post)
    {
        if (((StoreRequest)request).Store.Mode == CompletionMode.UntilCanceled && _stuck.TryRemove((StoreRequest)request, out _))
        {
            request.Complete(post, NixlStatus.Canceled, 0);
        }
    }

    public void ReleaseXfer(BackendRequest request)
    {
        // holds nothing
    }

    public int Progress()
    {
        var events = 0;
        for (var left = _late.Count; left > 0 && _late.TryDequeue(out var request); left--)
        {
            request.Run();
            events++;
        }

        return events;
    }

    public bool TryArm() => _late.IsEmpty;

    public NixlStatus GetNotifs(INotificationSink sink) => NixlStatus.NotSupported;

    public string DescribeFault(in BackendFault fault) => $"store fault {fault.NativeCode}";

    public void Dispose() => IsDisposed = true;

    private sealed class Registered(in MemoryRegion region) : BackendMemory(region);

    private sealed class Exposed(MemoryType type, MemoryDescriptor range) : BackendRemoteMemory(type, range);

    private sealed class StoreRequest(BackendTransfer transfer) : BackendRequest
    {
        internal uint Post { get; set; }

        internal Store Store { get; } = Store.Of(transfer.RemoteMemories[0].Range.DeviceId);

        internal void Run()
        {
            var status = Move(out var fault);
            Fail(Post, status, status == NixlStatus.Success ? transfer.TotalBytes : 0, fault);
        }

        internal unsafe NixlStatus Move(out BackendFault fault)
        {
            fault = default;
            var segments = transfer.Segments.Span;
            for (var i = 0; i < segments.Length; i++)
            {
                ref readonly var segment = ref segments[i];
                var store = Store.Of(transfer.RemoteMemories[segment.RemoteMemory].Range.DeviceId);
                store.Moves.Enqueue((segment.RemoteAddress, segment.Length));
                if (store.FailAt >= (long)segment.RemoteAddress && store.FailAt < (long)(segment.RemoteAddress + segment.Length))
                {
                    fault = new BackendFault(28, i, "the store is full here", "Delete something.");
                    return NixlStatus.BackendError;
                }

                var host = new Span<byte>((void*)segment.LocalAddress, (int)segment.Length);
                var device = store.Bytes.AsSpan((int)segment.RemoteAddress, (int)segment.Length);
                if (transfer.Operation == TransferOperation.Write)
                {
                    host.CopyTo(device);
                }
                else
                {
                    device.CopyTo(host);
                }
            }

            return NixlStatus.Success;
        }
    }
}
