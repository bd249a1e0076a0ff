namespace Nixl.Backends;

/// <summary>One transport or storage engine: the south-bound contract between the agent and a backend plugin.</summary>
/// <remarks>
/// <para>An operating error is a status plus a <see cref="BackendFault"/>, never an exception; outputs are null on failure. Optional abilities are further
/// interfaces (<see cref="ILocalEngine"/>, <see cref="IRemoteEngine"/>, <see cref="INotifyingEngine"/>, <see cref="IProgressEngine"/>,
/// <see cref="ITransportDescriber"/>, <see cref="ICostEstimator"/>, <see cref="IMemoryQuery"/>), looked up once after <see cref="Initialize"/>.</para>
/// <para>Concurrency: verbs on different requests may run at the same time; on one request the agent runs one verb at a time. Registration and metadata
/// loading may run beside posts. Only <see cref="Initialize"/>, <see cref="IRemoteEngine.Connect"/> and Dispose may block, the first two within a
/// deadline.</para>
/// <para>Dispose is called once, after the agent has stopped its progress thread; it may find requests that never completed and must end every use of
/// their memory before it returns, however long the kernel takes for it (the agent frees the memory afterwards), and free them and whatever else was not given back: no verb follows it.</para>
/// </remarks>
public interface INixlBackendEngine : IDisposable
{
    /// <summary>What this engine can do on this machine. Read after <see cref="Initialize"/> succeeded; constant from then on.</summary>
    BackendCapabilities Capabilities { get; }

    /// <summary>Loads the native library and opens it. Called once, before any other member. The constructor does nothing.</summary>
    NixlStatus Initialize(BackendContext context, out BackendFault fault);

    /// <summary>Registers one range. Thread-safe. The range stays valid until <see cref="DeregisterMem"/> returns.</summary>
    NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault);

    /// <summary>Gives a registration back. Called once per registration, when no transfer that is not quiescent uses it.</summary>
    NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault);

    /// <summary>Gives a remote memory back. Called once per memory, when no transfer that is not quiescent uses it.</summary>
    void UnloadMD(BackendRemoteMemory memory);

    /// <summary>Prepares a transfer that may be posted many times. May allocate; does not touch the memory.</summary>
    NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault);

    /// <summary>Starts post number <paramref name="post"/> of a prepared transfer.</summary>
    /// <returns>
    /// Success or an error: nothing of this post is with library, kernel or peer, and <see cref="BackendRequest.Complete"/> is not called.
    /// InProgress: <see cref="BackendRequest.Complete"/> or <see cref="BackendRequest.Fail"/> is called exactly once, perhaps before this returns. Where a part
    /// was issued before a later part failed, the answer is InProgress and the failure follows when the issued part has come back.
    /// </returns>
    /// <remarks>Never throws, never blocks, allocates nothing when warm, issues at most one bounded slice (about 100 µs of work). An engine that is an
    /// <see cref="INotifyingEngine"/> sends <see cref="BackendRequest.Notification"/>, when there is one, after the data is visible at the target, and
    /// completes the request only when the message has been handed over.</remarks>
    NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault);

    /// <summary>Reads the state of a request. The agent does not call it: the state is kept by <see cref="BackendRequest"/>.</summary>
    NixlStatus CheckXfer(BackendRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Status;
    }

    /// <summary>Asks for an early end of that post; idempotent, bounded, may do nothing, may call <see cref="BackendRequest.Complete"/> inside.</summary>
    void CancelXfer(BackendRequest request, uint post);

    /// <summary>Frees what the engine keeps for a request. Called once, only while the request is quiescent, never inside another verb of it.</summary>
    void ReleaseXfer(BackendRequest request);

    /// <summary>Hands over every notification received since the last call, in the order of arrival per sender.</summary>
    /// <remarks>Called by one thread at a time, after <see cref="IProgressEngine.Progress"/> where the engine has it. An engine without notifications returns
    /// <see cref="NixlStatus.NotSupported"/>.</remarks>
    NixlStatus GetNotifs(INotificationSink sink);

    /// <summary>The native text for a fault's code, for messages and logs. Called rarely; may allocate.</summary>
    string DescribeFault(in BackendFault fault);
}
