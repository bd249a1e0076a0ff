using System.Net;
using Microsoft.Extensions.Logging;
using Nixl.Backends.Ucx.Handles;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>Opens the workers of one engine on its context.</summary>
internal sealed unsafe class WorkerFactory(UcpContextHandle context, int requestBytes, string agent, UcxConfiguration options, bool wakeup, ILogger logger)
{
    private const string SetUpFailed = "The worker could not be set up.";

    /// <summary>Whether workers get a descriptor that announces events.</summary>
    internal bool HasEvents => wakeup;

    /// <summary>Opens workers, or none with the reason.</summary>
    /// <param name="count">How many.</param>
    /// <param name="receives">Whether the first takes notifications.</param>
    /// <param name="address">The address of the first.</param>
    /// <param name="listening">Where libucp listens for them.</param>
    /// <param name="status">Why there are none.</param>
    /// <param name="fault">The same in words.</param>
    internal UcxWorker[]? Open(
        int count, bool receives, out byte[] address, out IReadOnlyList<IPEndPoint> listening, out NixlStatus status, out BackendFault fault)
    {
        (address, listening, status, fault) = ([], [], NixlStatus.Success, default);
        var first = DescriptorUse.NextFree;
        var workers = new List<UcxWorker>(count);
        while (status == NixlStatus.Success && workers.Count < count)
        {
            status = OpenOne(workers, out fault);
        }

        var addresses = new List<byte[]>(count);
        if (status == NixlStatus.Success)
        {
            status = Listen(workers, receives, addresses, out fault);
        }

        if (status != NixlStatus.Success)
        {
            fault = DescriptorUse.Explain(fault);
            workers.ForEach(static worker => worker.Dispose());
            return null;
        }

        address = addresses[0];
        listening = ListeningSockets.Since(first, addresses);
        return [.. workers];
    }

    private NixlStatus OpenOne(List<UcxWorker> workers, out BackendFault fault)
    {
        using var lease = new Lease(context);
        var handle = UcxContext.CreateWorker(context, lease.Pointer, agent, workers.Count, options, out var status, out fault);
        if (handle is null)
        {
            return status;
        }

        var worker = new UcxWorker(handle, requestBytes, workers.Count, agent, options, logger);
        workers.Add(worker);
        var native = wakeup ? worker.OpenEvents() : ucs_status_t.UCS_OK;
        return native == ucs_status_t.UCS_OK ? NixlStatus.Success : native.Explain(SetUpFailed, out fault);
    }

    private static NixlStatus Listen(List<UcxWorker> workers, bool receives, List<byte[]> addresses, out BackendFault fault)
    {
        fault = default;
        var status = receives ? workers[0].Notifications.Listen(workers[0].Pointer) : ucs_status_t.UCS_OK;
        foreach (var worker in workers)
        {
            if (status == ucs_status_t.UCS_OK && worker.ReadAddress(out status) is { } address)
            {
                addresses.Add(address);
            }
        }

        return status == ucs_status_t.UCS_OK ? NixlStatus.Success : status.Explain(SetUpFailed, out fault);
    }
}
