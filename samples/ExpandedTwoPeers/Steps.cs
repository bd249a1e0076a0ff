using System.Text;

namespace Nixl.Samples.ExpandedTwoPeers;

/// <summary>What the two agents do, in the order in which it stands here. The initiator acts; the target only changes its blocks and reads messages.</summary>
internal sealed class Steps : IDisposable
{
    private const string FirstRead = "read:1";
    private const string SecondRead = "read:2";

    private static readonly int[] Wanted = [9, 2, 5];
    private static readonly int[] Places = [0, 1, 2];

    private readonly NixlAgent _initiator;
    private readonly NixlAgent _target;
    private readonly BlockPool _here;
    private readonly BlockPool _there;
    private readonly PreparedDescriptors _local;
    private readonly Transfer _read;
    private PreparedDescriptors _remote;

    public Steps(NixlAgent initiator, NixlAgent target, BlockPool here, BlockPool there)
    {
        _initiator = initiator;
        _target = target;
        _here = here;
        _there = there;

        // Each side is resolved once for all of its blocks; a transfer then is made from indices, which costs little.
        _local = initiator.PrepareDescriptors(NixlAgent.LocalSide, here.Descriptors);
        _remote = initiator.PrepareDescriptors(target.Name, there.Descriptors);
        _read = initiator.MakeTransfer(TransferOperation.Read, _local, Places, _remote, Wanted, Notify(FirstRead));
    }

    public async Task ReadByIndexAsync()
    {
        _there.Fill(generation: 1);
        await PostAsync(_read);
        _here.Verify(generation: 1, Wanted);
        Console.WriteLine("read blocks 9, 2, 5 into blocks 0, 1, 2");
    }

    /// <summary>The same transfer posted again, with another notification; polled this time instead of awaited.</summary>
    public async Task ReadAgainAsync()
    {
        // The target may change the blocks when it hears that they were read.
        using var first = await _target.WaitForNotificationAsync(NotificationFilter.Exactly(FirstRead, _initiator.Name));
        _there.Fill(generation: 2);

        _initiator.SendNotification(_target.Name, "by the way"u8);
        var status = _read.Post(Encoding.UTF8.GetBytes(SecondRead));
        while (status == NixlStatus.InProgress)
        {
            await Task.Yield();
            status = _read.Check(); // at the transfer's deadline it says TimedOut
        }

        _read.ThrowIfFailed();
        _here.Verify(generation: 2, Wanted);

        // A wait takes what it asks for, wherever it stands; the message before it stays in the queue.
        using var second = await _target.WaitForNotificationAsync(NotificationFilter.Exactly(SecondRead, _initiator.Name));
        using var other = await _target.WaitForNotificationAsync(NotificationFilter.From(_initiator.Name));
        Console.WriteLine($"read them again after they changed; the target took \"{second.Text}\" first, then \"{other.Text}\"");
    }

    public async Task WriteAsync()
    {
        const string Written = "written";
        _here.Fill(generation: 3);
        using var write = _initiator.MakeTransfer(TransferOperation.Write, _local, [3, 4], _remote, [0, 1], Notify(Written));
        await PostAsync(write);

        // The notification comes behind the data: whoever has it may use the blocks.
        using var written = await _target.WaitForNotificationAsync(NotificationFilter.Exactly(Written, _initiator.Name));
        _there.Verify(generation: 3, [3, 4]);
        Console.WriteLine("wrote blocks 3, 4 into blocks 0, 1 of the target");
    }

    /// <summary>Canceling a wait throws and loses nothing: a message that comes later is there for the next wait.</summary>
    public async Task GiveUpWaitingAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        try
        {
            using var never = await _target.WaitForNotificationAsync(NotificationFilter.Exactly("never sent"), cancellationToken: patience.Token);
            throw new SampleException($"{never.Sender} sent what nobody sends");
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("gave up waiting for a notification");
        }
    }

    /// <summary>Canceling a transfer does not throw: it answers with a status, which is Success if the engine was faster.</summary>
    public async Task CancelAsync()
    {
        // All blocks are neighbours and would be merged into one piece. Canceling stops the pieces that the engine has not begun, so they are kept apart.
        int[] all = [.. Enumerable.Range(0, BlockPool.Blocks)];
        _there.Fill(generation: 4);
        using var read = _initiator.MakeTransfer(TransferOperation.Read, _local, all, _remote, all, new TransferOptions { SkipDescriptorMerge = true });
        using var cancellation = new CancellationTokenSource();
        var pending = read.PostAsync(cancellation.Token);
        await cancellation.CancelAsync();
        var status = await pending;
        Sample.Require(status is NixlStatus.Canceled or NixlStatus.Success, $"a canceled transfer ends as Canceled or Success ({status})");

        // It can be posted again when the engine has let go of the memory.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await read.WhenQuiescent(limit.Token);
        await PostAsync(read);
        _here.Verify(generation: 4, all);
        Console.WriteLine($"canceled a read of {all.Length} blocks ({status}), then posted it again to its end");
    }

    public async Task ForgetAndMeetAgainAsync()
    {
        _initiator.InvalidateRemote(_target.Name);
        Sample.Require(!_initiator.CheckRemoteMetadata(_target.Name), "the target is forgotten");
        Sample.Require(_read.Post() == NixlStatus.NotFound, "a transfer that was made before is refused");

        // What was prepared belongs to what was forgotten; both are made anew.
        await _initiator.FetchRemoteMetadataAsync(_target.ListenEndPoint!, expectedPeer: _target.Name);
        _remote.Dispose();
        _remote = _initiator.PrepareDescriptors(_target.Name, _there.Descriptors);
        using var read = _initiator.MakeTransfer(TransferOperation.Read, _local, [0], _remote, [11]);
        await PostAsync(read);
        _here.Verify(generation: 4, [11]);
        Console.WriteLine("forgot the target, loaded its metadata again and read block 11");
    }

    public void Dispose()
    {
        _read.Dispose();
        _remote.Dispose();
        _local.Dispose();
    }

    private static async Task PostAsync(Transfer transfer)
    {
        await transfer.PostAsync();
        transfer.ThrowIfFailed();
    }

    private static TransferOptions Notify(string message) => new() { Notification = Encoding.UTF8.GetBytes(message) };
}
