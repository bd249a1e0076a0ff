namespace Nixl.Samples.RemoteStorage;

/// <summary>The requests of one client, within its limits. Requests are served side by side; none makes another client wait.</summary>
internal sealed class ClientRequests(NixlAgent agent, StorageFiles files, string client)
{
    private const int InFlightMax = 4;
    private const ulong BytesMax = 64 << 20;

    private readonly List<Task> _inFlight = [];

    // Requests end side by side, on several threads.
    private int _served;
    private int _refused;

    internal int Served => Volatile.Read(ref _served);

    internal int Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a message of the client and answers it, now or when it is done.</summary>
    internal void Accept(ReadOnlySpan<byte> payload)
    {
        _inFlight.RemoveAll(static request => request.IsCompleted);
        var request = payload.StartsWith(System.Text.Encoding.UTF8.GetBytes(StorageRequest.Tag)) ? StorageRequest.Decode(payload) : null;
        if (request is null)
        {
            Refuse(-1, NixlStatus.InvalidParam, "this is no request");
        }
        else if (_inFlight.Count == InFlightMax)
        {
            Refuse(request.Id, NixlStatus.NotAllowed, $"more than {InFlightMax} requests at a time");
        }
        else if (!DescriptorList.TryDeserialize(request.Pages, limits: null, out var pages, out _) || pages.Type != MemoryType.Dram || pages.TotalBytes > BytesMax)
        {
            Refuse(request.Id, NixlStatus.InvalidParam, $"the pages are no list of host memory of at most {BytesMax} bytes");
        }
        else
        {
            _inFlight.Add(ServeAsync(request, pages));
        }
    }

    internal Task WhenIdleAsync() => Task.WhenAll(_inFlight);

    private async Task ServeAsync(StorageRequest request, DescriptorList pages)
    {
        try
        {
            var (status, bytes, route) = await files.MoveAsync(client, request, pages);
            Reply(new StorageReply(request.Id, status, bytes, route, status == NixlStatus.Success ? "" : "the transfer failed"));
            Interlocked.Increment(ref _served);
        }
        catch (NixlException refusal)
        {
            Refuse(request.Id, refusal.Status, "the file or the pages cannot be used"); // the reason names paths of this machine: not for the client
        }
    }

    private void Refuse(int id, NixlStatus status, string reason)
    {
        Interlocked.Increment(ref _refused);
        Reply(new StorageReply(id, status, 0, "", reason));
    }

    private void Reply(StorageReply reply) => agent.SendNotification(client, reply.Encode());
}
