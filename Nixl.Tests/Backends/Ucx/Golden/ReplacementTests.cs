using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>Peers that stop for ever where nothing can be closed by force: what was under way to them ends with the workers that hold it.</summary>
/// <remarks>Processes, not engines in this one: libucp 1.13 aborts who goes on after a stop and finds the other end of its TCP connection gone.</remarks>
[Platform(Include = "Linux", Reason = "Processes are stopped by signals.")]
internal sealed class ReplacementTests
{
    private const int Bytes = 8 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static readonly (string, string)[] One = [];
    private static readonly (string, string)[] Several = [("num_workers", "3"), ("num_threads", "1"), ("split_batch_size", "2")];

    private static IEnumerable<TestCaseData> SetUps()
    {
        yield return new TestCaseData("tcp", One).SetArgDisplayNames("tcp", "one worker");
        yield return new TestCaseData("tcp", Several).SetArgDisplayNames("tcp", "several workers");
        yield return new TestCaseData("posix,cma,self", One).SetArgDisplayNames("shared memory", "one worker");
        yield return new TestCaseData("posix,cma,self", Several).SetArgDisplayNames("shared memory", "several workers");
    }

    [TestCaseSource(nameof(SetUps))]
    public async Task StoppedPeer_IsGivenUp_WhenItsLastSiblingIsDropped(string transports, (string, string)[] workers)
    {
        using var pair = await GoldenPair.OpenAsync(transports, Bytes, [("ucx_error_handling_mode", "none"), .. workers]);
        var sibling = await pair.AddPeerAsync("sibling");
        using var kept = pair.Create(TransferOperation.Write, sibling, Bytes);
        (await kept.PostAsync()).Should().Be(NixlStatus.Success);
        using var stuck = await PostToStoppedAsync(pair);

        pair.Agent.InvalidateRemote(pair.Peer.Name);
        var successor = await pair.AddPeerAsync(pair.Peer.Name);

        // The sibling is not touched, and the successor does not share the workers that are stuck.
        await RequireMovedAsync(pair, kept, sibling);
        using (var anew = pair.Create(TransferOperation.Write, successor, Bytes, 1, GoldenPair.Message(41)))
        {
            await RequireMovedAsync(pair, anew, successor);
        }

        (await successor.WaitForNotificationAsync()).Should().Be((GoldenPair.Ours, 41, -1));
        (stuck.IsQuiescent, pair.Agent.QuarantinedTransfers).Should().Be((false, 1), "its workers still have a peer");

        pair.Agent.InvalidateRemote("sibling");
        await stuck.WhenQuiescent().AsTask().WaitAsync(Limit);

        pair.Agent.QuarantinedTransfers.Should().Be(0);
        pair.Agent.QuarantinedBytes.Should().Be(0);
        using var last = pair.Create(TransferOperation.Write, successor, Bytes);
        await RequireMovedAsync(pair, last, successor);
        (await successor.NotifyAsync(GoldenPair.Ours, 100)).Should().Be(NixlStatus.Success, "the worker that peers know stays");
        await pair.RequireMessageAsync(successor, 100);
    }

    [TestCaseSource(nameof(SetUps))]
    public async Task OnlyPeer_Stopped_IsGivenUpByItself_AndAgentsEndWithOne(string transports, (string, string)[] workers)
    {
        using var pair = await GoldenPair.OpenAsync(transports, Bytes, [("ucx_error_handling_mode", "none"), .. workers]);
        using (var stuck = await PostToStoppedAsync(pair))
        {
            pair.Agent.InvalidateRemote(pair.Peer.Name);
            await stuck.WhenQuiescent().AsTask().WaitAsync(Limit);
            pair.Agent.QuarantinedTransfers.Should().Be(0);
        }

        var second = await pair.AddPeerAsync("second");
        using var moved = pair.Create(TransferOperation.Write, second, Bytes);
        await RequireMovedAsync(pair, moved, second);
        second.Stop();
        moved.PostTimeout = TimeSpan.FromMilliseconds(100);
        _ = await moved.PostAsync();
        pair.Agent.InvalidateRemote("second");

        await pair.Agent.DisposeAsync(); // with a transfer that nobody ends, on workers that wait for their end
    }

    /// <summary>Stops the first peer and posts what only it can end.</summary>
    private static async Task<Transfer> PostToStoppedAsync(GoldenPair pair)
    {
        var transfer = pair.Create(TransferOperation.Read, pair.Peer, Bytes / 4, 4);
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);
        transfer.PostTimeout = TimeSpan.FromMilliseconds(100);
        pair.Peer.Stop();
        if (await transfer.PostAsync() == NixlStatus.Success)
        {
            Assert.Ignore("This libucp reads the memory of a stopped process without its help.");
        }

        (transfer.Status, transfer.IsQuiescent, pair.Agent.QuarantinedTransfers).Should().Be((NixlStatus.TimedOut, false, 1));
        return transfer;
    }

    private static async Task RequireMovedAsync(GoldenPair pair, Transfer transfer, GoldenPeer peer)
    {
        await pair.FillAsync(peer, toPeer: true, Bytes);
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success, transfer.GetFault()?.ToString());
        (await pair.FindDifferenceAsync(peer, toPeer: true, Bytes)).Should().Be(-1);
    }
}
