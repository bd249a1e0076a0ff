using System.Text;
using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.Coordination;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Coordination;

/// <summary>Ranks that meet in etcd.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class EtcdRendezvousTests : EtcdFixture
{
    [Test]
    public async Task Groups_RunInParallel_AndLeaveNothing()
    {
        var runs = await Task.WhenAll(RunAsync("left"), RunAsync("right"));

        runs[0].Should().Equal("left 0", "left 1", "left 2");
        runs[1].Should().Equal("right 0", "right 1", "right 2");
        Server.Keys("/nixlbench/left/").Should().BeEmpty("leases end with the run");

        async Task<IEnumerable<string>> RunAsync(string group)
        {
            var ranks = await RendezvousWorld.JoinAllAsync(_ => Settings(group, 3, null));
            await Task.WhenAll(ranks.Select(static rank => rank.BarrierAsync("one", CancellationToken.None)));
            var all = await Task.WhenAll(ranks.Select(rank => rank.AllGatherAsync("two", Encoding.UTF8.GetBytes($"{group} {rank.Rank}"), CancellationToken.None)));
            all.Should().OnlyContain(blobs => blobs.Count == 3);
            await RendezvousWorld.LeaveAllAsync(ranks);
            return all[0].Select(Encoding.UTF8.GetString);
        }
    }

    [Test]
    public async Task Start_NamesTheRankThatDoesNotCome()
    {
        var join = Rendezvous.JoinAsync(Settings("few", 2, 1) with { Limit = TimeSpan.FromMilliseconds(500) }, CancellationToken.None);

        (await join.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>())
            .WithMessage("Rank 0 of 2 did not reach 'start' within 0.5 s (group 'few' in etcd).");
    }

    [Test]
    public async Task Barrier_NamesTheRankThatDoesNotCome()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings("late", 2, rank) with { Limit = TimeSpan.FromSeconds(2) });

        var barrier = ranks[1].BarrierAsync("warm-up", CancellationToken.None);

        (await barrier.Awaiting(static one => one.WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>())
            .WithMessage("Rank 0 of 2 did not reach 'warm-up' within 2 s.");
        await RendezvousWorld.DropAsync(ranks);
    }

    [Test]
    public async Task Rank_ThatIsGoneOrFails_IsNamed()
    {
        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings("gone", 3, rank));
        await RendezvousWorld.DropAsync(ranks[2]);
        (await RendezvousWorld.WhyBrokenAsync(ranks[0])).Should().StartWith("Rank 2 is gone");
        await RendezvousWorld.DropAsync(ranks[..2]);

        var next = await RendezvousWorld.JoinAllAsync(rank => Settings("gone", 2, rank));
        await next[0].AbortAsync("no memory.");
        (await RendezvousWorld.WhyBrokenAsync(next[1])).Should().Be("Rank 0 failed: no memory.");
        await RendezvousWorld.DropAsync(next);
    }

    [Test]
    public async Task Run_ThatCrashed_DoesNotDisturbTheNext()
    {
        // What a run leaves that was killed in its middle, and what one leaves that was killed while it waited for its ranks: keys under leases that still hold.
        var lease = Lease(60);
        Server.Control("put", "/nixlbench/again/11111111111111111111111111111111/presence/member/0000", "dead", $"--lease={lease}");
        Server.Control("put", "/nixlbench/again/11111111111111111111111111111111/exchange/00000000/0000", "start", $"--lease={lease}");
        var founder = Lease(2);
        Server.Control("put", "/nixlbench/again/open", "22222222222222222222222222222222 2", $"--lease={founder}");
        Server.Control("put", "/nixlbench/again/22222222222222222222222222222222/presence/member/0000", "dead", $"--lease={founder}");

        var ranks = await RendezvousWorld.JoinAllAsync(rank => Settings("again", 2, rank));

        await Task.WhenAll(ranks.Select(static rank => rank.BarrierAsync("middle", CancellationToken.None))).WaitAsync(RendezvousWorld.Limit);
        await RendezvousWorld.LeaveAllAsync(ranks);
    }

    [Test]
    public async Task Etcd_ThatIsNotThere_IsNamed()
    {
        var settings = Settings("none", 2, 0) with { EtcdEndpoints = $"http://127.0.0.1:{ServerProcess.FreePort()}" };

        (await FluentActions.Awaiting(() => Rendezvous.JoinAsync(settings, CancellationToken.None).WaitAsync(RendezvousWorld.Limit)).Should().ThrowAsync<BenchmarkException>())
            .WithMessage("*no member answered*127.0.0.1*");
    }

    private string Lease(int seconds) => Server.Control("lease", "grant", $"{seconds}").Split(' ')[1];

    private RendezvousSettings Settings(string group, int count, int? rank)
        => new() { Count = count, Rank = rank, Group = group, EtcdEndpoints = Server.Endpoint, Limit = RendezvousWorld.Limit };
}
