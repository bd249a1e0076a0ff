using System.Text;
using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Staging;

/// <summary>What a staged route moves, whatever way the legs end in.</summary>
public sealed class StagedTransferTests
{
    private const int Odd = (20 * StagedWorld.Chunk) + 123; // more chunks than the route has host memory for, and a rest

    private StagedWorld _world = null!;

    [TearDown]
    public void Close()
    {
        _world.RequireOrder();
        _world.Dispose();
    }

    [Test]
    public async Task Write_ArrivesWhole_AndThenTheMessage(
        [Values(CompletionMode.Immediate, CompletionMode.Late, CompletionMode.Foreign)] CompletionMode near,
        [Values(CompletionMode.Immediate, CompletionMode.InsidePost, CompletionMode.Late, CompletionMode.Foreign, CompletionMode.Slices)] CompletionMode far,
        [Values(ProgressMode.Adaptive, ProgressMode.Manual)] ProgressMode progress)
    {
        _world = new StagedWorld(Odd, options => options.Progress = progress);
        _world.Store.Mode = near;
        using var transfer = _world.Whole(TransferOperation.Write, Wish(far) with { Notification = Encoding.ASCII.GetBytes("here") });

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success, transfer.GetFault()?.Detail);

        transfer.Backend.Should().Be("STORE+INMEMORY");
        transfer.BytesDone.Should().Be(Odd);
        _world.Memory.Should().Equal(_world.Store.Bytes);
        using var message = await _world.Peer.WaitForNotificationAsync(NotificationFilter.Exactly("here"), TimeSpan.FromSeconds(20));
        message.Sender.Should().Be(_world.Agent.Name);
    }

    [Test]
    public void Read_ArrivesWhole_WhenThePeerIsPolledByHand(
        [Values(CompletionMode.Immediate, CompletionMode.Late, CompletionMode.Foreign)] CompletionMode near,
        [Values(CompletionMode.Immediate, CompletionMode.Late, CompletionMode.Foreign, CompletionMode.Slices)] CompletionMode far,
        [Values(ProgressMode.Adaptive, ProgressMode.Manual)] ProgressMode progress)
    {
        _world = new StagedWorld(Odd, options => options.Progress = progress);
        _world.Store.Mode = near;
        new Random(9).NextBytes(_world.Memory);
        using var transfer = _world.Whole(TransferOperation.Read, Wish(far));

        transfer.Post();

        SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, TimeSpan.FromSeconds(20)).Should().BeTrue();
        transfer.Status.Should().Be(NixlStatus.Success, transfer.GetFault()?.Detail);
        _world.Store.Bytes.Should().Equal(_world.Memory);
    }

    [Test]
    public async Task Repost_MovesWhatIsThereThen()
    {
        _world = new StagedWorld(Odd);
        using var transfer = _world.Whole(TransferOperation.Write);
        for (var round = 0; round < 50; round++)
        {
            _world.Store.Fill(round);
            _world.Store.Mode = round % 2 == 0 ? CompletionMode.Foreign : CompletionMode.Late;

            (await transfer.PostAsync()).Should().Be(NixlStatus.Success);

            _world.Memory.AsSpan().SequenceEqual(_world.Store.Bytes).Should().BeTrue($"round {round}");
        }
    }

    [Test]
    public async Task ScatteredPieces_FindTheirPlaces_AndShortOnesAreNotDivided()
    {
        _world = new StagedWorld(64 * StagedWorld.Chunk);
        (long Offset, long Length)[] from = [(5, 100), (40_000, 8192), (9000, 8000), (1000, 0), (100_000, (3 * StagedWorld.Chunk) + 17), (20_000, 5000)];
        var to = from.Reverse().Select((piece, i) => (Offset: i * 70_000L, piece.Length)).Reverse().ToArray();
        using var transfer = _world.Agent.CreateTransfer(TransferOperation.Write, _world.Local(from), _world.Remote(to), _world.Peer.Name);

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);

        for (var i = 0; i < from.Length; i++)
        {
            _world.Memory.AsSpan((int)to[i].Offset, (int)to[i].Length).SequenceEqual(_world.Store.Bytes.AsSpan((int)from[i].Offset, (int)from[i].Length))
                .Should().BeTrue($"piece {i}");
        }

        // Neighbours that would make one long segment keep their ends, too.
        var neighbours = Enumerable.Range(0, 6).Select(static i => (i * 5000L, 5000L)).ToArray();
        using var close = _world.Agent.CreateTransfer(TransferOperation.Write, _world.Local(neighbours), _world.Remote(neighbours), _world.Peer.Name);
        _world.Store.Moves.Clear();
        (await close.PostAsync()).Should().Be(NixlStatus.Success);
        _world.Store.Moves.Select(static move => ((long)move.Offset, (long)move.Length)).Should().BeEquivalentTo(neighbours);
        _world.Store.Moves.Clear();
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);
        var moves = _world.Store.Moves.Select(move => ((long)move.Offset, (long)move.Length)).ToList();
        moves.Should().Contain(from.Where(static piece => piece.Length <= StagedWorld.Chunk), "storage gets whole what fits in a chunk");
        moves.Should().Contain((100_000, StagedWorld.Chunk)).And.Contain((100_000 + (3 * StagedWorld.Chunk), 17));
    }

    [Test]
    public async Task PreparedSides_AreStaged_Too()
    {
        _world = new StagedWorld(8 * StagedWorld.Chunk);
        using var local = _world.Agent.PrepareDescriptors(NixlAgent.LocalSide, _world.Local((0, 100), (200, 100), (400, 100)));
        using var remote = _world.Agent.PrepareDescriptors(_world.Peer.Name, _world.Remote((0, 100), (100, 100), (200, 100)));
        using var transfer = _world.Agent.MakeTransfer(TransferOperation.Write, local, [2, 0], remote, [0, 1]);

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);

        transfer.Backend.Should().Be("STORE+INMEMORY");
        _world.Memory.AsSpan(0, 100).SequenceEqual(_world.Store.Bytes.AsSpan(400, 100)).Should().BeTrue();
        _world.Memory.AsSpan(100, 100).SequenceEqual(_world.Store.Bytes.AsSpan(0, 100)).Should().BeTrue();
        _world.Memory.AsSpan(200).IndexOfAnyExcept((byte)0).Should().Be(-1);
    }

    [Test]
    public async Task BetweenTwoStores_OneEngineServesBothLegs()
    {
        _world = new StagedWorld(5 * StagedWorld.Chunk);
        using var other = new Store(5 * StagedWorld.Chunk);
        using var registration = _world.Agent.Register(MemoryType.File, [new RegistrationDescriptor(other.At(0, other.Bytes.Length))]);
        var target = new DescriptorList(MemoryType.File, [other.At(0, other.Bytes.Length)]);
        using var transfer = _world.Agent.CreateTransfer(TransferOperation.Write, _world.Local((0, other.Bytes.Length)), target, _world.Agent.Name);

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);

        transfer.Backend.Should().Be("STORE+STORE");
        other.Bytes.Should().Equal(_world.Store.Bytes);
        _world.Agent.Invoking(agent => agent.CreateTransfer(
                TransferOperation.Write, _world.Local((0, 1)), new DescriptorList(MemoryType.File, [other.At(0, 1)]), agent.Name, new TransferOptions { Notification = default(ReadOnlyMemory<byte>) }))
            .Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.NotSupported, "a store notifies nobody");
    }

    [Test]
    public void HostMemory_IsHiddenFromPeers_AndGivenBackAtTheEnd()
    {
        _world = new StagedWorld(4 * StagedWorld.Chunk);
        var before = _world.Agent.GetLocalMetadata();
        using (var transfer = _world.Whole(TransferOperation.Write))
        {
            transfer.PostAsync().AsTask().Wait(TimeSpan.FromSeconds(20)).Should().BeTrue();
        }

        _world.Agent.BounceBytes.Should().Be(8 * StagedWorld.Chunk);
        _world.Engine.HostRanges.Should().Be(1);
        _world.Agent.GetLocalMetadata().Length.Should().Be(before.Length, "peers learn nothing of it");
        _world.RequireOrder();

        _world.Agent.Dispose();

        _world.Engine.HostRanges.Should().Be(0);
        _world = new StagedWorld(1);
    }

    [Test]
    public async Task NearLegs_GoOn_WhileFarOnesAreUnderWay_AsFarAsTheHostMemoryReaches()
    {
        _world = new StagedWorld(20 * StagedWorld.Chunk);
        using var transfer = _world.Whole(TransferOperation.Write, Wish(CompletionMode.Never));
        var far = InMemoryFabric.OfAgent(_world.Agent.Name);
        var end = transfer.PostAsync();

        SpinWait.SpinUntil(() => far.StuckCount == 8, TimeSpan.FromSeconds(20)).Should().BeTrue();

        _world.Store.Moves.Should().HaveCount(8, "no more host memory is taken than the route has");
        far.FinishStuck();
        SpinWait.SpinUntil(() => _world.Store.Moves.Count == 16, TimeSpan.FromSeconds(20)).Should().BeTrue();
        SpinWait.SpinUntil(
            () =>
            {
                far.FinishStuck();
                return transfer.Status != NixlStatus.InProgress;
            },
            TimeSpan.FromSeconds(20)).Should().BeTrue();
        (await end).Should().Be(NixlStatus.Success);
    }

    [Test]
    public async Task ManyTransfersAtOnce_ShareTheHostMemory_AndTakeTurns()
    {
        _world = new StagedWorld(64 * StagedWorld.Chunk, static options => options.Progress = ProgressMode.Manual);
        _world.Store.Mode = CompletionMode.Late;
        using var longest = _world.Agent.CreateTransfer(
            TransferOperation.Write, _world.Local((0, 60 * StagedWorld.Chunk)), _world.Remote((0, 60 * StagedWorld.Chunk)), _world.Peer.Name);
        using var shortest = _world.Agent.CreateTransfer(
            TransferOperation.Write, _world.Local((60 * StagedWorld.Chunk, 10)), _world.Remote((60 * StagedWorld.Chunk, 10)), _world.Peer.Name);
        longest.Post();
        shortest.Post();

        SpinWait.SpinUntil(() => shortest.Check() != NixlStatus.InProgress, TimeSpan.FromSeconds(20)).Should().BeTrue();

        longest.Status.Should().Be(NixlStatus.InProgress, "the short one waits for one turn, not for the whole of the long one");
        (await longest.WaitAsync()).Should().Be(NixlStatus.Success);
        _world.Memory.AsSpan(0, (60 * StagedWorld.Chunk) + 10).SequenceEqual(_world.Store.Bytes.AsSpan(0, (60 * StagedWorld.Chunk) + 10)).Should().BeTrue();
        _world.Agent.BounceBytes.Should().Be(8 * StagedWorld.Chunk);
    }

    [Test]
    public async Task ManyThreads_OverOneRoute_MoveWhatTheyShould()
    {
        const int Threads = 8;
        const int Piece = (3 * StagedWorld.Chunk) + 50;
        _world = new StagedWorld(Threads * Piece, static options => options.Drain = TimeSpan.FromMinutes(1)); // a busy machine is no reason to give a post up
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => MoveAgainAndAgain(thread, Piece))));
        _world.Memory.Should().Equal(_world.Store.Bytes);
    }

    private async Task MoveAgainAndAgain(int thread, int piece)
    {
        var random = new Random(thread);
        for (var round = 0; round < 40; round++)
        {
            var range = (thread * (long)piece, (long)piece);
            var far = (CompletionMode)random.Next((int)CompletionMode.Slices + 1);
            using var transfer = _world.Agent.CreateTransfer(TransferOperation.Write, _world.Local(range), _world.Remote(range), _world.Peer.Name, Wish(far));
            using var cancellation = new CancellationTokenSource();
            var end = transfer.PostAsync(cancellation.Token);
            if (round % 3 == 0)
            {
                await cancellation.CancelAsync();
                GC.Collect();
            }

            (await end).Should().BeOneOf(NixlStatus.Success, NixlStatus.Canceled);
            transfer.IsQuiescent.Should().BeTrue();
        }

        using var last = _world.Agent.CreateTransfer(
            TransferOperation.Write, _world.Local((thread * (long)piece, piece)), _world.Remote((thread * (long)piece, piece)), _world.Peer.Name);
        (await last.PostAsync()).Should().Be(NixlStatus.Success);
    }

    private static TransferOptions Wish(CompletionMode far) => new() { CustomParam = $"mode={far}" };
}
