using System.Collections.Concurrent;
using System.Diagnostics;
using Nixl.Agent;
using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Staging;

/// <summary>Two engines in a row as one: what neither can move alone goes through host memory of the agent, chunk by chunk, both legs at work at a time.</summary>
/// <remarks>
/// <para>A WRITE is read from the local side into host memory by the near engine and written to the remote side by the far one; a READ goes the other way. To
/// the agent it is an engine like others: deadlines, cancellation, draining and quarantine are the transfer's.</para>
/// <para>All of it happens in <see cref="Progress"/>, under the agent's token for this engine. Legs end on any thread: that only marks the transfer.
/// Transfers that want host memory take turns, a chunk each.</para>
/// </remarks>
internal partial class StagedRoute(AgentSettings settings, ProgressLoop loop, BackendInstance near, BackendInstance far) : INixlBackendEngine, IProgressEngine
{
    /// <summary>How many chunks a route has, where the limit permits: enough for both legs to be busy while ends are noticed.</summary>
    internal const int ChunksPerRoute = 8;

    // The bound of the contract for one call of Progress.
    private static readonly long SliceTicks = Stopwatch.Frequency / 10_000;

    private readonly ConcurrentQueue<StagedRequest> _news = [];
    private readonly Queue<StagedRequest> _waiting = []; // the token's
    private BounceBuffer? _bounce;
    private int _active;                                 // written under the token

    public BackendCapabilities Capabilities { get; } = new(MemoryTypes.None, far.Capabilities.Locality, far.Capabilities.Rank);

    /// <summary>Legs that end outside of the agent's threads wake the progress thread themselves.</summary>
    public int EventFd => IProgressEngine.NothingFromOutside;

    /// <summary>The name that transfers and explanations show: both engines, the near one first.</summary>
    internal static string NameOf(BackendInstance near, BackendInstance far) => $"{near.Name}+{far.Name}";

    internal BackendInstance Near => near;

    internal BackendInstance Far => far;

    /// <summary>Bytes of host memory that it holds.</summary>
    internal long BounceBytes => Volatile.Read(ref _bounce) is { } bounce ? (long)bounce.ChunkBytes * bounce.ChunkCount : 0;

    public NixlStatus Initialize(BackendContext context, out BackendFault fault) => NothingToRegister(out fault);

    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        return NothingToRegister(out fault);
    }

    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault) => NothingToRegister(out fault);

    public void UnloadMD(BackendRemoteMemory memory)
    {
        // both engines hold the memory, and each is told by the agent itself
    }

    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        fault = default;
        request = new StagedRequest(this, transfer, StagedChunk.Cut(transfer.Segments.Span, (ulong)_bounce!.ChunkBytes));
        return NixlStatus.Success;
    }

    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        fault = default;
        var staged = (StagedRequest)request;
        staged.RequestPost(post);
        Enqueue(staged);
        return NixlStatus.InProgress;
    }

    public void CancelXfer(BackendRequest request, uint post) => Enqueue((StagedRequest)request); // it looks at StopIssuing

    public void ReleaseXfer(BackendRequest request)
    {
        // quiescent: no chunk is on its way
    }

    public NixlStatus GetNotifs(INotificationSink sink) => NixlStatus.NotSupported;

    /// <summary>The text was made when the leg failed, by its engine.</summary>
    public string DescribeFault(in BackendFault fault) => fault.Detail ?? "";

    /// <summary>Marks a transfer as having news for the next <see cref="Progress"/>; any thread, also inside native callbacks.</summary>
    internal void Enqueue(StagedRequest request)
    {
        if (request.TryMark())
        {
            _news.Enqueue(request);
            Interlocked.MemoryBarrier(); // the thread publishes that it sleeps and then looks at the queue; here it is the other way round
            loop.KickForNews();
        }
    }

    public int Progress()
    {
        if (_active > 0)
        {
            near.Driver?.TryProgress();
            if (far != near)
            {
                far.Driver?.TryProgress();
            }
        }

        var end = Stopwatch.GetTimestamp() + SliceTicks;
        var events = 0;
        do
        {
            if (!_news.TryDequeue(out var request))
            {
                break;
            }

            request.Unmark();
            Advance(request);
            events++;
        }
        while (Stopwatch.GetTimestamp() < end);
        events += ServeWaiting(end);
        if (events > 0)
        {
            Interlocked.MemoryBarrier(); // what was posted is published before the look whether the thread sleeps
            loop.KickForPost(); // legs may have been posted to engines that the thread sleeps on
        }

        return HasWork ? Math.Max(1, events) : events;
    }

    public bool TryArm() => !HasWork;

    /// <summary>Allocates the host memory at the first use. One thread at a time.</summary>
    /// <exception cref="NixlException">There is not enough memory, or an engine does not take it.</exception>
    internal void AllocateBounce(int chunkBytes, int chunks, string verb)
        => Volatile.Write(ref _bounce, BounceBuffer.Allocate(settings, near, far, chunkBytes, chunks, verb));

    /// <summary>For the agent's end, before the engines are closed: they get the memory back unless a leg is still under way.</summary>
    internal void ReturnToEngines()
    {
        if (_bounce is { IsIdle: true } bounce)
        {
            bounce.ReturnToEngines(near, far);
        }
    }

    /// <summary>Frees the host memory; the engines are closed.</summary>
    public void Dispose() => _bounce?.Dispose();

    private bool HasWork => !_news.IsEmpty || (_waiting.Count > 0 && _bounce is { HasFree: true });

    private static NixlStatus NothingToRegister(out BackendFault fault)
    {
        fault = BackendFault.Because("a staged route takes no memory of its own");
        return NixlStatus.NotSupported;
    }
}
