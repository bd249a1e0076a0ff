using Nixl.Backends.Ucx.Memory;
using Nixl.Backends.Ucx.Notifications;
using Nixl.Backends.Ucx.Transfers;

namespace Nixl.Backends.Ucx;

/// <content>Transfers and notifications.</content>
public sealed unsafe partial class UcxEngine
{
    /// <inheritdoc/>
    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        request = null;
        if (_worker is null)
        {
            return Closed(out fault);
        }

        fault = default;
        var connection = transfer.RemoteMemories.Count == 0 ? null : ((UcxRemoteMemory)transfer.RemoteMemories[0]).Connection;
        if (connection is null || transfer.RemoteMemories.Any(memory => ((UcxRemoteMemory)memory).Connection != connection))
        {
            fault = BackendFault.Because("The remote memories of a transfer must be of one connection.", "Make the transfer anew after a peer was reloaded.");
            return NixlStatus.InvalidParam;
        }

        var prepared = new UcxRequest(transfer, connection);
        _requests[prepared] = true;
        request = prepared;
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        if (_worker is not { } worker)
        {
            return Closed(out fault);
        }

        if (request is not UcxRequest transfer || (transfer.HasNotification && transfer.Notification.Length > UcxNotifications.BytesMax))
        {
            return TooLong(request.Notification.Length, out fault);
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
        _notifications?.Drain(sink);
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

        var worker = connection!.Worker;
        worker.Enter();
        try
        {
            if (connection.IsOpen)
            {
                return _notifications!.SendAlone(connection, message, out fault);
            }

            fault = new BackendFault((int)connection.Failure, -1, $"The connection to {agent} is lost.", "Disconnect and load the peer anew.");
            return NixlStatus.RemoteDisconnect;
        }
        finally
        {
            worker.Leave();
        }
    }

    private static NixlStatus TooLong(int length, out BackendFault fault)
    {
        fault = BackendFault.Because(
            $"A notification of {length} bytes is longer than the {UcxNotifications.BytesMax} that UCX takes.", "Move the bytes with a transfer and notify about it.");
        return NixlStatus.InvalidParam;
    }
}
