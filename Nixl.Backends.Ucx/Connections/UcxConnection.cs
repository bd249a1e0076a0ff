using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx.Connections;

/// <summary>One endpoint to one agent. State and endpoint are guarded by the worker's lock.</summary>
/// <remarks><code>
/// Open --the peer is lost--> Failed --Disconnect--> Closed
///   '------------------------Disconnect---------------^
/// </code>There is no way back: the agent drops a failed connection and loads it anew.</remarks>
internal sealed unsafe class UcxConnection(string agent, UcxWorker worker, void* endpoint)
{
    /// <summary>The peer's name.</summary>
    internal string Agent { get; } = agent;

    /// <summary>The worker that the endpoint is on.</summary>
    internal UcxWorker Worker { get; } = worker;

    /// <summary>The <c>ucp_ep_h</c>, valid while not closed.</summary>
    internal void* Endpoint { get; private set; } = endpoint;

    /// <summary>The connections to the same peer, one for each worker of the engine, this one among them.</summary>
    internal UcxConnection[] All { get; set; } = [];

    /// <summary>The workers that these are on.</summary>
    internal WorkerGroup Group { get; set; } = null!; // set before anybody else sees the connection

    /// <summary>The minor version of the peer's libucp, null when its address does not name it.</summary>
    internal int? PeerMinor { get; init; }

    /// <summary>Whether operations may be issued.</summary>
    internal bool IsOpen => Failure == ucs_status_t.UCS_OK;

    /// <summary>Why not: what libucp reported, or "not connected" after closing.</summary>
    internal ucs_status_t Failure { get; private set; }

    /// <summary>Posts that have returned InProgress and not ended.</summary>
    internal int InFlight { get; set; }

    /// <summary>Whether anything was ever asked of the endpoint: libucp connects at first use.</summary>
    internal bool IsUsed { get; set; }

    /// <summary>Whether an operation has come back well, so that both sides have finished connecting.</summary>
    internal bool IsEstablished { get; set; }

    /// <summary>Whether a notification was ever handed to libucp, which may hold it after it has said that it is done.</summary>
    internal bool HasSentMessages
    {
        get;
        set => (field, IsUsed) = (value, true);
    }

    /// <summary>Takes note of a lost peer.</summary>
    internal void MarkFailed(ucs_status_t status) => Failure = status == ucs_status_t.UCS_OK ? ucs_status_t.UCS_ERR_NOT_CONNECTED : status;

    /// <summary>Gives the endpoint up for closing; nothing is issued on it afterwards.</summary>
    internal void* TakeEndpoint()
    {
        var taken = Endpoint;
        Endpoint = null;
        Failure = IsOpen ? ucs_status_t.UCS_ERR_NOT_CONNECTED : Failure;
        return taken;
    }
}
