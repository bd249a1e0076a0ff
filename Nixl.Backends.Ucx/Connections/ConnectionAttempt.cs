using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx.Connections;

/// <summary>Waits until an endpoint is connected: libucp connects lazily, and a flush returns when everything before it has reached the peer.</summary>
internal static unsafe class ConnectionAttempt
{
    /// <summary>Flushes every endpoint of a peer and progresses until all are back or <paramref name="limit"/> is over.</summary>
    internal static NixlStatus Run(UcxConnection connection, TimeSpan limit, out BackendFault fault)
    {
        fault = default;
        var deadline = Deadline.After(limit);
        foreach (var endpoint in connection.All)
        {
            var status = RunOne(endpoint, deadline, limit, out fault);
            if (status != NixlStatus.Success)
            {
                return status;
            }
        }

        return NixlStatus.Success;
    }

    private static NixlStatus RunOne(UcxConnection connection, Deadline deadline, TimeSpan limit, out BackendFault fault)
    {
        var status = Begin(connection, out var flush);
        if (flush is not null)
        {
            status = flush.Wait(connection.Worker, deadline.Left);
        }

        switch (status)
        {
            case ucs_status_t.UCS_OK:
                connection.IsEstablished = true;
                fault = default;
                return NixlStatus.Success;
            case ucs_status_t.UCS_INPROGRESS:
                fault = BackendFault.Because(
                    $"{connection.Agent} did not answer within {limit.TotalMilliseconds} ms.", "Check that it runs, is reachable, and makes progress.");
                return NixlStatus.TimedOut;
            default:
                return status.Explain($"The connection to {connection.Agent} failed.", out fault);
        }
    }

    private static ucs_status_t Begin(UcxConnection connection, out PendingFlush? flush)
    {
        connection.Worker.Enter();
        try
        {
            connection.IsUsed = true;
            flush = connection.IsOpen ? PendingFlush.Begin(connection.Worker.Pointer, connection.Endpoint) : null;
            return connection.Failure;
        }
        finally
        {
            connection.Worker.Leave();
        }
    }
}
