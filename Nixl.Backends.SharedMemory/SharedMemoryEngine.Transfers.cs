using Nixl.Backends.SharedMemory.Memory;
using Nixl.Backends.SharedMemory.Notifications;
using Nixl.Backends.SharedMemory.Transfers;

namespace Nixl.Backends.SharedMemory;

/// <content>Transfers and notifications.</content>
public sealed unsafe partial class SharedMemoryEngine
{
    /// <inheritdoc/>
    public NixlStatus PrepXfer(BackendTransfer transfer, out BackendRequest? request, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        request = null;
        if (_transfers is null)
        {
            return Closed(out fault);
        }

        fault = default;
        var connection = transfer.RemoteMemories.Count == 0 ? null : ((ShmRemoteMemory)transfer.RemoteMemories[0]).Connection;
        if (transfer.RemoteMemories.Count == 0 || transfer.RemoteMemories.Any(memory => ((ShmRemoteMemory)memory).Connection != connection))
        {
            fault = BackendFault.Because("The remote memories of a transfer must be of one connection.", "Make the transfer anew after a peer was reloaded.");
            return NixlStatus.InvalidParam;
        }

        if (connection?.TryAddReference() == false)
        {
            return connection.Failure(out fault);
        }

        var prepared = new ShmRequest(transfer, connection);
        _requests[prepared] = true;
        request = prepared;
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus PostXfer(BackendRequest request, uint post, out BackendFault fault)
    {
        if (_transfers is not { } transfers)
        {
            return Closed(out fault);
        }

        var transfer = (ShmRequest)request;
        return transfer.HasNotification && transfer.Notification.Length > RingLayout.MessageBytesMax
            ? TooLong(transfer.Notification.Length, out fault)
            : transfers.Start(transfer, post, out fault);
    }

    /// <inheritdoc/>
    /// <remarks>Slices look at <see cref="BackendRequest.StopIssuing"/> before each begins; one that runs ends after about 100 µs.</remarks>
    public void CancelXfer(BackendRequest request, uint post)
    {
    }

    /// <inheritdoc/>
    public void ReleaseXfer(BackendRequest request)
    {
        if (request is ShmRequest transfer && _requests.TryRemove(transfer, out _))
        {
            transfer.Connection?.Release();
        }
    }

    /// <inheritdoc/>
    public NixlStatus GetNotifs(INotificationSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (_transfers is not null)
        {
            _notifications!.Drain(sink);
        }

        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus GenNotif(string agent, ReadOnlySpan<byte> message, out BackendFault fault)
    {
        if (message.Length > RingLayout.MessageBytesMax)
        {
            return TooLong(message.Length, out fault);
        }

        if (agent == _agent && _transfers is not null)
        {
            fault = default;
            _notifications!.Send(null, message, null);
            return NixlStatus.Success;
        }

        var status = FindConnection(agent, out var connection, out fault);
        if (status != NixlStatus.Success)
        {
            return status;
        }

        if (!connection!.TryAddReference())
        {
            return connection.Failure(out fault);
        }

        try
        {
            return connection.HasEnded || (connection.IsReady && !connection.IsAlive())
                ? connection.Failure(out fault)
                : Answer(_notifications!.Send(connection, message, null), connection, out fault);
        }
        finally
        {
            connection.Release();
        }
    }

    private NixlStatus Answer(SendResult result, Connections.ShmConnection connection, out BackendFault fault)
    {
        fault = default;
        switch (result)
        {
            case SendResult.Closed:
                return connection.Failure(out fault);
            case SendResult.Full:
                fault = BackendFault.Because(
                    $"{connection.Agent} does not take its messages: {_options!.WaitingBytesMax} bytes wait already.",
                    "Send again when it polls; a notification of a transfer waits for room by itself.");
                return NixlStatus.NotAllowed;
            default:
                return NixlStatus.Success;
        }
    }

    private static NixlStatus TooLong(int length, out BackendFault fault)
    {
        fault = BackendFault.Because(
            $"A notification of {length} bytes is longer than the {RingLayout.MessageBytesMax} that this backend takes.",
            "Move the bytes with a transfer and notify about it.");
        return NixlStatus.InvalidParam;
    }
}
