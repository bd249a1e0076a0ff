using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Memory;
using Nixl.Backends.Ucx.Notifications;
using Nixl.Backends.Ucx.Transfers;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx;

/// <content>Transfers and notifications.</content>
public sealed unsafe partial class UcxEngine
{
    /// <inheritdoc/>
    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        request = null;
        if (_workers is null)
        {
            return Closed(out fault);
        }

        fault = default;
        var connection = transfer.RemoteMemories.Count == 0 ? null : ((UcxRemoteMemory)transfer.RemoteMemories[0]).Connection;
        if (connection is null || !AreAllOf(connection, transfer.RemoteMemories))
        {
            fault = BackendFault.Because("The remote memories of a transfer must be of one connection.", "Make the transfer anew after a peer was reloaded.");
            return NixlStatus.InvalidParam;
        }

        var workers = connection.Group;
        if (!workers.TryChoose(transfer.CustomParam, out var worker, out fault))
        {
            return NixlStatus.InvalidParam;
        }

        connection = connection.All[worker.Index];
        var pieces = Split(workers, transfer.Segments.Length, _options!.SplitBatchSize);
        var prepared = pieces.Count > 0 ? new UcxRequest(transfer, connection, pieces) : new UcxRequest(transfer, connection);
        _requests[prepared] = true;
        request = prepared;
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        if (_workers is null)
        {
            return Closed(out fault);
        }

        var transfer = (UcxRequest)request;
        if (transfer.HasNotification && transfer.Notification.Length > UcxNotifications.BytesMax)
        {
            return TooLong(transfer.Notification.Length, out fault);
        }

        var worker = transfer.Connection.Worker;
        if (transfer.Pieces.Length > 0)
        {
            return PostPieces(transfer, worker, post, out fault);
        }

        worker.Enter();
        var ended = worker.Transfers.Start(transfer, post);
        var status = NixlStatus.InProgress;
        fault = default;
        if (ended)
        {
            status = transfer.Outcome(out fault);
        }

        worker.Leave();
        return status;
    }

    /// <inheritdoc/>
    /// <remarks>libucp cannot take back a put or get, only a tagged receive. What is not yet issued stops by <see cref="BackendRequest.StopIssuing"/>, which
    /// progress looks at before each slice; what is issued ends by itself or with the connection.</remarks>
    public void CancelXfer(BackendRequest request, uint post)
    {
    }

    /// <inheritdoc/>
    public void ReleaseXfer(BackendRequest request)
    {
        if (request is UcxRequest transfer && _requests.TryRemove(transfer, out _))
        {
            transfer.Free();
        }
    }

    /// <inheritdoc/>
    public NixlStatus GetNotifs(INotificationSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        _workers?.Receiver.Notifications.Drain(sink);
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus GenNotif(string agent, ReadOnlySpan<byte> message, out BackendFault fault)
    {
        if (message.Length > UcxNotifications.BytesMax)
        {
            return TooLong(message.Length, out fault);
        }

        var status = FindConnection(agent, out var connection, out fault);
        if (status != NixlStatus.Success)
        {
            return status;
        }

        // The calling thread's worker: what one thread sends stays in order.
        var worker = connection!.Group.OfThread();
        connection = connection.All[worker.Index];
        worker.Enter();
        try
        {
            if (connection.IsOpen)
            {
                return worker.Notifications.SendAlone(connection, message, out fault);
            }

            fault = new BackendFault((int)connection.Failure, -1, $"The connection to {agent} is lost.", "Disconnect and load the peer anew.");
            return NixlStatus.RemoteDisconnect;
        }
        finally
        {
            worker.Leave();
        }
    }

    private static bool AreAllOf(UcxConnection connection, IReadOnlyList<BackendRemoteMemory> memories)
    {
        for (var i = 0; i < memories.Count; i++)
        {
            if (((UcxRemoteMemory)memories[i]).Connection != connection)
            {
                return false;
            }
        }

        return true;
    }

    private static NixlStatus PostPieces(UcxRequest transfer, UcxWorker worker, uint post, out BackendFault fault)
    {
        fault = default;
        worker.Enter();
        var started = UcxTransfers.StartPieces(transfer, post);
        worker.Leave();
        if (!started)
        {
            return transfer.Outcome(out fault);
        }

        transfer.PostPieces(post);
        return NixlStatus.InProgress;
    }

    /// <summary>Which segments go to which dedicated thread; empty where the agent's thread does all, as with a short list.</summary>
    private static List<(DedicatedThread Thread, Range Segments)> Split(WorkerGroup workers, int count, int batch)
    {
        var threads = workers.Dedicated;
        var pieces = new List<(DedicatedThread, Range)>();
        if (threads.Length > 0 && count >= batch)
        {
            var length = Math.Max((count + threads.Length - 1) / threads.Length, batch);
            for (var start = 0; start < count; start += length)
            {
                pieces.Add((threads[pieces.Count], start..Math.Min(start + length, count)));
            }
        }

        return pieces;
    }

    private static NixlStatus TooLong(int length, out BackendFault fault)
    {
        fault = BackendFault.Because(
            $"A notification of {length} bytes is longer than the {UcxNotifications.BytesMax} that UCX takes.",
            "Move the bytes with a transfer and notify about it.");
        return NixlStatus.InvalidParam;
    }
}
