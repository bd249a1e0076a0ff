using System.Text;

namespace Nixl.Samples.RemoteStorage;

/// <summary>The requests of one client, within its limits. Requests are served side by side; none makes another client wait.</summary>
internal sealed class ClientRequests(NixlAgent agent, StorageFiles files, string client)
{
    private const int InFlightMax = 4;
    private const ulong BytesMax = 64 << 20;
    private const int AnswersMax = 2 * InFlightMax;

    // Messages can overtake the sender's metadata, which comes another way.
    private static readonly TimeSpan MetadataLimit = TimeSpan.FromSeconds(2);

    private readonly List<Task> _inFlight = [];

    // Requests end side by side, on several threads.
    private int _served;
    private int _refused;
    private volatile bool _hasLeft;

    internal int Served => Volatile.Read(ref _served);

    internal int Refused => Volatile.Read(ref _refused);

    /// <summary>Whether it said so, or cannot be answered.</summary>
    internal bool HasLeft => _hasLeft || !agent.CheckRemoteMetadata(client);

    /// <summary>Takes a message of the client and answers it, now or when it is done.</summary>
    internal void Accept(ReadOnlySpan<byte> payload)
    {
        _hasLeft = payload.SequenceEqual(Encoding.UTF8.GetBytes(StorageMessage.Bye));
        if (!_hasLeft)
        {
            Serve(payload);
        }
    }

    internal Task WhenIdleAsync() => Task.WhenAll(_inFlight);

    private void Serve(ReadOnlySpan<byte> payload)
    {
        _inFlight.RemoveAll(static request => request.IsCompleted);
        var request = payload.StartsWith(Encoding.UTF8.GetBytes(StorageRequest.Tag)) ? StorageRequest.Decode(payload) : null;
        if (request is null or { Key: null } or { Offset: < 0 })
        {
            Refuse(request?.Id ?? -1, NixlStatus.InvalidParam, "this is no request");
        }
        else if (_inFlight.Count >= InFlightMax)
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

    private async Task ServeAsync(StorageRequest request, DescriptorList pages)
    {
        try
        {
            await agent.WaitForPeerAsync(client, MetadataLimit);
            var (status, bytes, route) = await files.MoveAsync(client, request, pages);
            Interlocked.Increment(ref _served);
            await ReplyAsync(new StorageReply(request.Id, status, bytes, route, status == NixlStatus.Success ? "" : "the transfer failed"));
        }
        catch (NixlException refusal)
        {
            Interlocked.Increment(ref _refused);
            await ReplyAsync(new StorageReply(request.Id, refusal.Status, 0, "", "the file or the pages cannot be used")); // the reason names paths of this machine: not for the client
        }
    }

    private void Refuse(int id, NixlStatus status, string reason)
    {
        Interlocked.Increment(ref _refused);
        if (_inFlight.Count < AnswersMax)
        {
            _inFlight.Add(ReplyAsync(new StorageReply(id, status, 0, "", reason)));
        }
    }

    /// <summary>Answers, if the client can be reached: one that is gone, or whose metadata nobody has sent, is no matter for the others.</summary>
    private async Task ReplyAsync(StorageReply reply)
    {
        try
        {
            await agent.WaitForPeerAsync(client, MetadataLimit);
            agent.SendNotification(client, reply.Encode());
        }
        catch (NixlException unreachable)
        {
            _hasLeft = true;
            Console.Error.WriteLine($"{agent.Name}: request {reply.Id} of {client} ended unanswered: {unreachable.Message}");
        }
    }
}
