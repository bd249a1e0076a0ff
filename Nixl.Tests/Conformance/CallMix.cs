using FluentAssertions;
using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Conformance;

/// <summary>One of many threads that call whatever the agents of a world have, in an order of its own. Its stripe of the buffers is its alone, so that it can check its bytes.</summary>
internal sealed class CallMix
{
    /// <summary>Bytes of a thread's stripe in either buffer.</summary>
    internal const int StripeBytes = Blocks * BlockBytes;

    private const int Blocks = 16;
    private const int BlockBytes = 512;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly World _world;
    private readonly GuardedBuffer _source;
    private readonly GuardedBuffer _destination;
    private readonly IConformancePeer _bystander;
    private readonly byte[] _bystandersMetadata;
    private readonly MemoryDescriptor _bystandersMemory;
    private readonly int _thread;
    private readonly Random _random;
    private readonly Action[] _calls;
    private int _messages;

    internal CallMix(World world, GuardedBuffer source, GuardedBuffer destination, IConformancePeer bystander, MemoryDescriptor bystandersMemory, int thread, int seed)
    {
        (_world, _source, _destination, _bystander, _bystandersMemory) = (world, source, destination, bystander, bystandersMemory);
        _bystandersMetadata = bystander.GetLocalMetadata();
        _thread = thread;
        _random = new Random((seed * 1000) + thread);
        _calls =
        [
            Write, Read, WritePrepared, WriteStrided, Transfer, CancelAtOnce, Release, SendMessageWithTransfer, SendMessage, RegisterAllocated, RegisterManaged, RegisterAgain,
            RegisterAndReadMetadata, ExchangeMetadata, Ask, Connect, Lease, MeetAndForgetTheBystander,
        ];
    }

    private NixlAgent Initiator => _world.Initiator;

    private IConformancePeer Target => _world.Peer;

    private int Begin => _thread * StripeBytes;

    private Span<byte> Mine => _source.Bytes.Slice(Begin, StripeBytes);

    private Span<byte> Theirs => _destination.Bytes.Slice(Begin, StripeBytes);

    private DescriptorList Local => Dram(_source.At(Begin, StripeBytes));

    private DescriptorList Remote => Dram(_destination.At(Begin, StripeBytes));

    internal void Run(int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            _calls[_random.Next(_calls.Length)]();
        }
    }

    private static DescriptorList Dram(params ReadOnlySpan<MemoryDescriptor> descriptors) => new(MemoryType.Dram, descriptors);

    private static void Post(Transfer transfer, params ReadOnlySpan<NixlStatus> expected)
    {
        var status = transfer.Post();
        SpinWait.SpinUntil(() => status != NixlStatus.InProgress || (status = transfer.Check()) != NixlStatus.InProgress, Limit).Should().BeTrue("a transfer ends");
        status.Should().BeOneOf(expected.IsEmpty ? [NixlStatus.Success] : expected.ToArray(), "{0}", transfer.GetFault());
    }

    private static void Wait(Task task) => task.WaitAsync(Limit).GetAwaiter().GetResult();

    private static T Wait<T>(Task<T> task) => task.WaitAsync(Limit).GetAwaiter().GetResult();

    private Transfer Create(TransferOperation operation, TransferOptions? options = null)
        => Initiator.CreateTransfer(operation, Local, Remote, Target.Name, options ?? TransferOptions.Default);

    private void Write()
    {
        using var transfer = Create(TransferOperation.Write);
        _random.NextBytes(Mine);
        Post(transfer);
        Theirs.SequenceEqual(Mine).Should().BeTrue();
    }

    private void Read()
    {
        using var transfer = Create(TransferOperation.Read);
        _random.NextBytes(Theirs);
        Post(transfer);
        Mine.SequenceEqual(Theirs).Should().BeTrue();
        transfer.GetTelemetry(out _).Should().BeOneOf(NixlStatus.Success, NixlStatus.NoTelemetry);
    }

    private void WritePrepared()
    {
        using var local = Initiator.PrepareDescriptors(NixlAgent.LocalSide, Dram([.. Enumerable.Range(0, Blocks).Select(i => _source.At(Begin + (i * BlockBytes), BlockBytes))]));
        using var remote = Initiator.PrepareDescriptors(Target.Name, Dram([.. Enumerable.Range(0, Blocks).Select(i => _destination.At(Begin + (i * BlockBytes), BlockBytes))]));
        WriteShuffled(local, remote);
    }

    private void WriteStrided()
    {
        using var local = Initiator.PrepareDescriptors(
            NixlAgent.LocalSide, MemoryType.Dram, new StridedDescriptor(_source.At(Begin, BlockBytes).Address, BlockBytes, BlockBytes, Blocks));
        using var remote = Initiator.PrepareDescriptors(
            Target.Name, MemoryType.Dram, new StridedDescriptor(_destination.At(Begin, BlockBytes).Address, BlockBytes, BlockBytes, Blocks));
        WriteShuffled(local, remote);
    }

    private void WriteShuffled(PreparedDescriptors local, PreparedDescriptors remote)
    {
        var places = Enumerable.Range(0, Blocks).ToArray();
        _random.Shuffle(places);
        using var transfer = Initiator.MakeTransfer(TransferOperation.Write, local, Enumerable.Range(0, Blocks).ToArray(), remote, places);
        _random.NextBytes(Mine);
        Post(transfer);
        for (var i = 0; i < Blocks; i++)
        {
            Theirs.Slice(places[i] * BlockBytes, BlockBytes).SequenceEqual(Mine.Slice(i * BlockBytes, BlockBytes)).Should().BeTrue();
        }
    }

    private void Transfer()
    {
        _random.NextBytes(Mine);
        Wait(Initiator.TransferAsync(TransferOperation.Write, Local, Remote, Target.Name));
        Theirs.SequenceEqual(Mine).Should().BeTrue();
    }

    private void CancelAtOnce()
    {
        using var transfer = Create(TransferOperation.Write);
        var end = transfer.PostAsync();
        transfer.Cancel();
        Wait(end.AsTask()).Should().BeOneOf(NixlStatus.Success, NixlStatus.Canceled);
        Wait(transfer.WhenQuiescent().AsTask());
    }

    private void Release()
    {
        // In flight: it is released when it is quiescent. Nothing may touch the stripe before.
        var transfer = Create(TransferOperation.Write);
        transfer.Post();
        transfer.Dispose();
        SpinWait.SpinUntil(() => transfer.IsQuiescent, Limit).Should().BeTrue("a released transfer comes to rest");
    }

    private void SendMessageWithTransfer()
    {
        var tag = Tag();
        using var transfer = Create(TransferOperation.Write);
        var status = transfer.Post(System.Text.Encoding.UTF8.GetBytes(tag));
        Receive(Target.WaitForNotificationAsync(WantedMessage.Exactly(tag, Initiator.Name), Limit), tag);
        SpinWait.SpinUntil(() => (status = transfer.Check()) != NixlStatus.InProgress, Limit).Should().BeTrue();
        status.Should().Be(NixlStatus.Success);
    }

    private void SendMessage()
    {
        var tag = Tag();
        Target.SendNotification(Initiator.Name, System.Text.Encoding.UTF8.GetBytes(tag));
        Receive(Initiator.WaitForNotificationAsync(NotificationFilter.Exactly(tag, Target.Name), Limit).AsTask(), tag);
    }

    private string Tag() => $"{_thread}-{_messages++}";

    private static void Receive(Task<Notification> wait, string tag)
    {
        using var message = Wait(wait);
        message.Text.Should().Be(tag);
    }

    private void RegisterAllocated()
    {
        using var memory = Initiator.AllocateMemory(1 + _random.Next(20_000));
        using var registration = Initiator.Register(memory);
        registration.Descriptors.Should().HaveCount(1);
    }

    private void RegisterManaged()
    {
        var registration = Initiator.Register(new byte[1 + _random.Next(20_000)].AsMemory());
        if (_random.Next(2) == 0)
        {
            Initiator.Deregister(registration, registration.Backends);
        }

        Wait(Initiator.DeregisterAsync(registration));
    }

    private void RegisterAgain()
    {
        // The same memory once more, and taken out of use while others' transfers over it go on.
        using var registration = Initiator.Register(Dram(_source.Descriptor));
        Write();
    }

    private void RegisterAndReadMetadata()
    {
        using var memory = Initiator.AllocateMemory(4096);
        using var registration = Initiator.Register(memory);
        Initiator.GetLocalMetadata().Should().NotBeEmpty();
        Initiator.GetLocalPartialMetadata(registration.ToDescriptors(), includeConnectionInfo: true).Should().NotBeEmpty();
    }

    private void ExchangeMetadata()
    {
        Target.LoadRemoteMetadata(Initiator.GetLocalMetadata()).Should().Be(Initiator.Name);
        Initiator.LoadRemoteMetadata(Target.GetLocalMetadata()).Should().Be(Target.Name);
        Wait(Initiator.WaitForPeerAsync(Target.Name, Limit));
        Initiator.CheckRemoteMetadata(Target.Name).Should().BeTrue();
    }

    private void Ask()
    {
        using var transfer = Create(TransferOperation.Read);
        Initiator.Explain(transfer).ToString().Should().Contain(transfer.Backend);
        Initiator.ExplainRoute(TransferOperation.Write, Local, Remote, Target.Name).ToString().Should().Contain(transfer.Backend);
        Initiator.DescribeTransports(transfer.Backend, Target.Name).Should().NotBeNull();
        transfer.EstimateCost(out _).Should().BeOneOf(NixlStatus.Success, NixlStatus.NotSupported);
        Initiator.GetHealth().IsLive.Should().BeTrue();
    }

    private void Connect() => Initiator.Connect(Target.Name);

    private void Lease()
    {
        var tag = Tag();
        using var lease = Target.Lease(Remote, Initiator.Name, tag, Limit);
        lease.IsListed.Should().BeTrue();
        if (_random.Next(2) == 0)
        {
            Initiator.SendNotification(Target.Name, System.Text.Encoding.UTF8.GetBytes(tag));
            Wait(lease.EndedAsync()).Should().Be(LeaseEnd.Released);
        }
    }

    /// <summary>A peer that other threads drop at any moment: what is made for it works, or ends in a way that says so.</summary>
    private void MeetAndForgetTheBystander()
    {
        try
        {
            Initiator.LoadRemoteMetadata(_bystandersMetadata);
            using var transfer = Initiator.CreateTransfer(
                TransferOperation.Read, Dram(_source.At(Begin, BlockBytes)), Dram(_bystandersMemory with { Length = BlockBytes }), _bystander.Name);
            Post(transfer, NixlStatus.Success, NixlStatus.RemoteDisconnect, NixlStatus.NotFound, NixlStatus.Canceled);
            if (_random.Next(3) == 0)
            {
                Initiator.InvalidateRemote(_bystander.Name);
            }
        }
        catch (NixlException forgotten)
        {
            forgotten.Status.Should().BeOneOf([NixlStatus.NotFound, NixlStatus.RemoteDisconnect], forgotten.Message);
        }
    }
}
