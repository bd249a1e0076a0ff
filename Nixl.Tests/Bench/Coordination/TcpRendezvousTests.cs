using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.Coordination;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Coordination;

/// <summary>Ranks that meet at an address.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class TcpRendezvousTests
{
    private string _address = "";

    [SetUp]
    public void PickAddress() => _address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ServerProcess.FreePort()}");

    [Test]
    public async Task Ranks_ExchangeBlobs_ByRank()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings(4, rank));

        for (var round = 0; round < 3; round++)
        {
            var all = await Task.WhenAll(ranks.Select(rank => rank.AllGatherAsync("names", Encoding.UTF8.GetBytes($"{round}/{rank.Rank}"), CancellationToken.None)));
            all.Should().OnlyContain(blobs => blobs.Select(Encoding.UTF8.GetString).SequenceEqual(Enumerable.Range(0, 4).Select(rank => $"{round}/{rank}")));
        }

        await Task.WhenAll(ranks.Select(static rank => rank.BarrierAsync("end", CancellationToken.None)));
        await RendezvousWorld.LeaveAllAsync(ranks);
        ranks.Should().OnlyContain(static rank => !rank.Broken.IsCancellationRequested);
    }

    [Test]
    public async Task Ranks_NeedNoNumbers()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(_ => Settings(3, null));

        ranks.Select(static rank => rank.Rank).Should().BeEquivalentTo([0, 1, 2]);
        await RendezvousWorld.LeaveAllAsync(ranks);
    }

    [Test]
    public async Task Start_NamesTheRanksThatDoNotCome()
    {
        Task<IRendezvous> Join(int rank) => Rendezvous.JoinAsync(Settings(4, rank) with { Limit = TimeSpan.FromMilliseconds(300) }, CancellationToken.None);

        var joins = new[] { Join(0), Join(2) };

        foreach (var join in joins)
        {
            (await join.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>())
                .WithMessage("Ranks 1 and 3 of 4 did not reach 'start' within 0.3 s.");
        }
    }

    [Test]
    public async Task Start_NamesRank0_WhereNobodyListens()
    {
        var join = Rendezvous.JoinAsync(Settings(2, 1) with { Limit = TimeSpan.FromMilliseconds(200) }, CancellationToken.None);

        (await join.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>()).WithMessage("Rank 0 of 2 was not to be found at 127.0.0.1:*");
    }

    [Test]
    public async Task Barrier_NamesTheRankThatDoesNotCome()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings(3, rank) with { Limit = TimeSpan.FromSeconds(1) });

        var waiting = new[] { 0, 2 }.Select(rank => ranks[rank].BarrierAsync("warm-up", CancellationToken.None)).ToList();

        foreach (var wait in waiting)
        {
            (await wait.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>())
                .WithMessage("Rank 1 of 3 did not reach 'warm-up' within 1 s.");
        }

        (await RendezvousWorld.WhyBrokenAsync(ranks[1])).Should().StartWith("Rank 1 of 3", "the late rank learns it, too");
        await RendezvousWorld.DropAsync(ranks);
    }

    [Test]
    public async Task Rank_ThatIsGone_IsNamedToTheOthers([Values(0, 2)] int gone)
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings(3, rank));
        var barrier = ranks[1].BarrierAsync("middle", CancellationToken.None);

        await RendezvousWorld.DropAsync(ranks[gone]);

        (await RendezvousWorld.WhyBrokenAsync(ranks[gone == 0 ? 2 : 0])).Should().StartWith($"Rank {gone} ");
        (await barrier.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>()).WithMessage($"Rank {gone} *");
        await RendezvousWorld.DropAsync(ranks.Where((_, rank) => rank != gone));
    }

    [Test]
    public async Task Rank_ThatFails_SaysWhy()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings(2, rank));

        await ranks[1].AbortAsync("element 7 is\n5, not 6.");

        (await RendezvousWorld.WhyBrokenAsync(ranks[0])).Should().Be("Rank 1 failed: element 7 is 5, not 6.");
        await RendezvousWorld.DropAsync(ranks);
    }

    [Test]
    public async Task Ranks_AtDifferentPlaces_AreToldSo()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings(2, rank));

        var one = ranks[0].BarrierAsync("here", CancellationToken.None);
        var other = ranks[1].BarrierAsync("there", CancellationToken.None);

        (await FluentActions.Awaiting(() => Task.WhenAll(one, other).WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>())
            .And.Message.Should().ContainAll("'here'", "'there'");
        await RendezvousWorld.DropAsync(ranks);
    }

    [Test]
    public async Task Rank_ThatLeavesEarly_IsNamed()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings(3, rank));
        await ranks[2].LeaveAsync();

        var barrier = ranks[0].BarrierAsync("end", CancellationToken.None);

        (await barrier.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>()).WithMessage("Rank 2 left before 'end'.");
        await RendezvousWorld.DropAsync(ranks);
    }

    [Test]
    public async Task Strangers_ChangeNothing()
    {
        var first = Rendezvous.JoinAsync(Settings(2, 0), CancellationToken.None);
        byte[][] nonsense =
        [
            Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            [0xFF, 0xFF, 0xFF, 0x7F, 1],
            [0xFF, 0xFF, 0xFF, 0xFF, 1],
            [0, 0, 0, 0],
            [5, 0, 0, 0, 1, 1, 2],
            [.. RendezvousProtocol.Hello("default", 2, 1).AsSpan(0, 20)],
            [.. RendezvousProtocol.Gather(0, "start", default)],
            FlipMagic(RendezvousProtocol.Hello("default", 2, 1)),
        ];

        foreach (var bytes in nonsense)
        {
            using var stranger = await ConnectAsync();
            await stranger.SendAsync(bytes);
            stranger.Shutdown(SocketShutdown.Send);
            (await stranger.ReceiveAsync(new byte[64]).WaitAsync(RendezvousWorld.Limit)).Should().Be(0, "a stranger is told nothing");
        }

        var second = await Rendezvous.JoinAsync(Settings(2, 1), CancellationToken.None).WaitAsync(RendezvousWorld.Limit);
        await RendezvousWorld.LeaveAllAsync([await first, second]);
    }

    [Test]
    public async Task Rank_ThatSendsNonsense_EndsTheRun_WithItsNumber()
    {
        var first = Rendezvous.JoinAsync(Settings(2, 0), CancellationToken.None);
        using var liar = await ConnectAsync();
        await liar.SendAsync(RendezvousProtocol.Hello("default", 2, 1));
        await liar.SendAsync(new byte[] { 0xFF, 0xFF, 0xFF, 0x7F, (byte)FrameKind.Gather });

        (await first.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>()).WithMessage("Rank 1 is gone: A message claims 2147483647 bytes*");
    }

    [Test]
    public async Task Rank_ThatDoesNotFit_IsRefusedWithTheReason()
    {
        var first = Rendezvous.JoinAsync(Settings(2, 0), CancellationToken.None);

        await Refused(Settings(2, 1) with { Group = "other" }, "*the group here is 'default', not 'other'");
        await Refused(Settings(3, 1), "*the run here has 2 ranks, not 3");
        await Refused(Settings(2, 0) with { IsLaunched = true }, "*rank 0 is taken by 127.0.0.1:*");

        var second = await Rendezvous.JoinAsync(Settings(2, 1), CancellationToken.None).WaitAsync(RendezvousWorld.Limit);
        await RendezvousWorld.LeaveAllAsync([await first, second]);
    }

    [TestCase(0, 0, "default", "*1 to 512 ranks*")]
    [TestCase(2, 2, "default", "Rank 2 is none of a run of 2*")]
    [TestCase(2, 1, "a/b", "A benchmark group is*")]
    public async Task Settings_ThatCannotBe_AreRefused(int count, int rank, string group, string message)
        => await Refused(Settings(count, rank) with { Group = group }, message);

    [TestCase("nowhere")]
    [TestCase("127.0.0.1:70000")]
    [TestCase("127.0.0.1:")]
    public async Task Address_ThatIsNone_IsRefused(string address) => await Refused(Settings(2, 1) with { Address = address }, "*is no host:port.");

    private static async Task Refused(RendezvousSettings settings, string message)
        => (await FluentActions.Awaiting(() => Rendezvous.JoinAsync(settings, CancellationToken.None).WaitAsync(RendezvousWorld.Limit))
            .Should().ThrowAsync<BenchmarkException>()).WithMessage(message);

    private static byte[] FlipMagic(byte[] frame)
    {
        frame[FrameWriter.HeadBytes] ^= 1;
        return frame;
    }

    private RendezvousSettings Settings(int count, int? rank) => new() { Count = count, Rank = rank, Address = _address, Limit = RendezvousWorld.Limit };

    private async Task<Socket> ConnectAsync()
        => await MeetingPoint.ConnectAsync(IPEndPoint.Parse(_address), Settings(2, 1), CancellationToken.None).WaitAsync(RendezvousWorld.Limit);
}
