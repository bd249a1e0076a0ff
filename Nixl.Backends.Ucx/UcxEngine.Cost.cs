using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Memory;

namespace Nixl.Backends.Ucx;

/// <content>What a transfer is expected to take.</content>
public sealed unsafe partial class UcxEngine
{
    /// <inheritdoc/>
    /// <remarks>libucp's model of one message on the endpoint, summed over the segments as upstream does. It knows the transports' nominal latency and
    /// bandwidth, not their load, and gives no margin. Segments of equal length are asked about once.</remarks>
    public NixlStatus EstimateXferCost(BackendTransfer transfer, out TransferCost cost, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        cost = default;
        if (_workers is null)
        {
            return Closed(out fault);
        }

        var connection = ((UcxRemoteMemory)transfer.RemoteMemories[0]).Connection;
        connection.Worker.Enter();
        try
        {
            if (!connection.IsOpen)
            {
                fault = new BackendFault((int)connection.Failure, -1, $"The connection to {connection.Agent} is lost.", "Load the peer anew.");
                return NixlStatus.RemoteDisconnect;
            }

            var status = Sum(connection, transfer.Segments.Span, out var seconds);
            if (status != ucs_status_t.UCS_OK)
            {
                return status.Explain($"libucp does not tell what a message to {connection.Agent} takes.", out fault);
            }

            fault = default;
            cost = new TransferCost(TimeSpan.FromSeconds(seconds), TimeSpan.Zero, CostMethod.AnalyticalBackend);
            return NixlStatus.Success;
        }
        finally
        {
            connection.Worker.Leave();
        }
    }

    private static ucs_status_t Sum(UcxConnection connection, ReadOnlySpan<TransferSegment> segments, out double seconds)
    {
        seconds = 0;
        var parameters = new ucp_ep_evaluate_perf_param_t { field_mask = UcpFlags.UCP_EP_PERF_PARAM_FIELD_MESSAGE_SIZE };
        var attributes = new ucp_ep_evaluate_perf_attr_t { field_mask = UcpFlags.UCP_EP_PERF_ATTR_FIELD_ESTIMATED_TIME };
        for (var i = 0; i < segments.Length; i++)
        {
            if (i == 0 || segments[i].Length != segments[i - 1].Length)
            {
                parameters.message_size = (nuint)segments[i].Length;
                var status = Ucp.ucp_ep_evaluate_perf(connection.Endpoint, &parameters, &attributes);
                if (status != ucs_status_t.UCS_OK)
                {
                    return status;
                }
            }

            seconds += attributes.estimated_time;
        }

        return ucs_status_t.UCS_OK;
    }
}
