using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Notifications;

/// <summary>Sends and receives notifications as active messages. Sending is guarded by the worker's lock; draining is not.</summary>
internal sealed unsafe class UcxNotifications(string agent, ILogger logger) : IDisposable
{
    /// <summary>The longest message. The receiver's library assembles an eager message in its own memory without being asked, so it must stay small.</summary>
    internal const int BytesMax = 4 << 20;

    // NIXL's UCX notification id; the only active message it has had since 0.5.1.
    private const uint MessageId = 0;

    // What may wait for peers that do not take it, before sending is refused: 16 of the longest.
    private const long UnsentBytesMax = 16L * BytesMax;

    // Idle messages that are kept: enough for a burst, at most 64 MiB of buffers.
    private const int IdleMax = 16;

    private readonly byte[] _name = Encoding.UTF8.GetBytes(agent);
    private readonly ConcurrentQueue<Notification> _received = new();
    private readonly Stack<UcxMessage> _idle = new();
    private readonly HashSet<UcxMessage> _underWay = [];
    private GCHandle _self;
    private long _unsentBytes;
    private long _malformed;

    /// <summary>How many received messages were dropped because their bytes are no notification.</summary>
    internal long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Installs the receiver on a worker.</summary>
    internal ucs_status_t Listen(void* worker)
    {
        _self = GCHandle.Alloc(this);
        var parameters = new ucp_am_handler_param_t
        {
            field_mask = UcpFlags.UCP_AM_HANDLER_PARAM_FIELD_ID | UcpFlags.UCP_AM_HANDLER_PARAM_FIELD_FLAGS
                | UcpFlags.UCP_AM_HANDLER_PARAM_FIELD_CB | UcpFlags.UCP_AM_HANDLER_PARAM_FIELD_ARG,
            id = MessageId,
            flags = UcpFlags.UCP_AM_FLAG_WHOLE_MSG,
            cb = &Received,
            arg = (void*)GCHandle.ToIntPtr(_self),
        };
        return Ucp.ucp_worker_set_am_recv_handler(worker, &parameters);
    }

    /// <summary>Writes the message from this agent into <paramref name="buffer"/>.</summary>
    internal void Encode(NativeBuffer buffer, ReadOnlySpan<byte> message)
    {
        buffer.Resize(NotificationCodec.Measure(_name.Length, message.Length));
        NotificationCodec.Write(buffer.Span, _name, message);
    }

    /// <summary>Sends an encoded message; <paramref name="parameters"/> brings callback and context. The buffer must stay until it is sent.</summary>
    internal static void* Send(UcxConnection connection, NativeBuffer buffer, ucp_request_param_t parameters)
    {
        connection.HasSentMessages = true;
        parameters.op_attr_mask |= UcpFlags.UCP_OP_ATTR_FIELD_FLAGS | UcpFlags.UCP_OP_ATTR_FIELD_MEMORY_TYPE;
        parameters.flags = UcpFlags.UCP_AM_SEND_FLAG_EAGER;
        parameters.memory_type = UcpFlags.UCS_MEMORY_TYPE_HOST;
        return Ucp.ucp_am_send_nbx(connection.Endpoint, MessageId, null, 0, buffer.Pointer, (nuint)buffer.Length, &parameters);
    }

    /// <summary>Sends a message that belongs to no transfer.</summary>
    internal NixlStatus SendAlone(UcxConnection connection, ReadOnlySpan<byte> message, out BackendFault fault)
    {
        fault = default;
        if (_unsentBytes > UnsentBytesMax)
        {
            fault = BackendFault.Because(
                $"More than {UnsentBytesMax} bytes of notifications wait for peers that do not take them.", "Check that the peers make progress.");
            return NixlStatus.NotAllowed;
        }

        var outgoing = _idle.TryPop(out var idle) ? idle : new UcxMessage(this);
        outgoing.Peer = connection.Agent;
        Encode(outgoing.Buffer, message);
        _underWay.Add(outgoing);
        _unsentBytes += outgoing.Buffer.Length;
        var result = Send(connection, outgoing.Buffer, new ucp_request_param_t
        {
            op_attr_mask = UcpFlags.UCP_OP_ATTR_FIELD_CALLBACK | UcpFlags.UCP_OP_ATTR_FIELD_USER_DATA,
            cb = &Sent,
            user_data = (void*)outgoing.Context,
        });
        var status = UcsPointer.Status(result);
        if (status == ucs_status_t.UCS_INPROGRESS)
        {
            return NixlStatus.Success;
        }

        Recycle(outgoing);
        return status == ucs_status_t.UCS_OK ? NixlStatus.Success : status.Explain($"The notification to {connection.Agent} could not be sent.", out fault);
    }

    /// <summary>Hands over what has arrived.</summary>
    internal void Drain(INotificationSink sink)
    {
        while (_received.TryDequeue(out var notification))
        {
            sink.Deliver(notification);
        }
    }

    /// <summary>Frees everything; only after the worker is destroyed.</summary>
    public void Dispose()
    {
        foreach (var message in _idle.Concat(_underWay))
        {
            message.Dispose();
        }

        _idle.Clear();
        _underWay.Clear();
        while (_received.TryDequeue(out var notification))
        {
            notification.Dispose();
        }

        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Sent(void* request, ucs_status_t status, void* context)
    {
        try
        {
            Ucp.ucp_request_free(request);
            var message = UcxMessage.FromContext((nint)context);
            message.Owner.Finish(message, status);
        }
        catch (Exception e)
        {
            Environment.FailFast("A completion callback must not throw into libucp.", e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static ucs_status_t Received(void* argument, void* header, nuint headerLength, void* data, nuint length, ucp_am_recv_param_t* parameters)
    {
        try
        {
            ((UcxNotifications)GCHandle.FromIntPtr((nint)argument).Target!).Accept(headerLength, data, length, parameters->recv_attr);
        }
        catch (Exception e)
        {
            Environment.FailFast("The receiver of notifications must not throw into libucp.", e);
        }

        // Done with the data: libucp takes its memory back, and refuses a rendezvous that was not taken up.
        return ucs_status_t.UCS_OK;
    }

    private void Accept(nuint headerLength, void* data, nuint length, ulong attributes)
    {
        var reason = "it is a rendezvous or carries a header";
        if ((attributes & UcpFlags.UCP_AM_RECV_ATTR_FLAG_RNDV) == 0 && headerLength == 0 && length <= int.MaxValue
            && NotificationCodec.TryRead(new ReadOnlySpan<byte>(data, (int)length), out var name, out var message, out reason))
        {
            _received.Enqueue(Notification.Create(name, message));
        }
        else if (Interlocked.Increment(ref _malformed) == 1)
        {
            logger.MalformedNotification((long)length, reason);
        }
    }

    private void Finish(UcxMessage message, ucs_status_t status)
    {
        if (status != ucs_status_t.UCS_OK)
        {
            logger.NotificationLost(message.Peer, (int)status, UcxStatus.Text((int)status));
        }

        Recycle(message);
    }

    private void Recycle(UcxMessage message)
    {
        _underWay.Remove(message);
        _unsentBytes -= message.Buffer.Length;
        if (_idle.Count < IdleMax)
        {
            _idle.Push(message);
        }
        else
        {
            message.Dispose();
        }
    }
}
