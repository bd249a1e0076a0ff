using System.Diagnostics;
using FluentAssertions;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>What happens to the process of a peer, and not only to its agent: it is stopped, and it is killed.</summary>
public abstract class PeerProcessConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, IPeerHost, new()
{
    private const int Length = 1 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private GuardedBuffer _source = null!;
    private GuardedBuffer _destination = null!;

    [SetUp]
    public void Introduce()
    {
        Requires(BackendTraits.Remote);
        _source = World.AddBuffer(Initiator, Length);
        _destination = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();
    }

    [Test]
    public void StoppedPeer_IsReachedByAOneSidedEngine_AndAwaitedByOthersUntilTheDeadline([Values] TransferOperation operation)
    {
        using var transfer = Create(operation);
        RequireSuccess(transfer);
        var isOneSided = Harness.Traits.HasFlag(BackendTraits.OneSided);
        _source.Fill(7);
        _destination.Fill(8);
        transfer.PostTimeout = isOneSided ? Limit : TimeSpan.FromMilliseconds(300);
        Harness.Stop();

        // The bytes of a post may still be taken by buffers on the way: not those of all.
        var status = Run(transfer);
        for (var round = 0; round < 100 && status == NixlStatus.Success && !isOneSided; round++)
        {
            status = Run(transfer);
        }

        status.Should().Be(isOneSided ? NixlStatus.Success : NixlStatus.TimedOut, "{0}", transfer.GetFault());
        _destination.Bytes.SequenceEqual(_source.Bytes).Should().Be(isOneSided);
        Harness.Continue();
        Eventually(() => transfer.IsQuiescent, "the peer answers again");
        transfer.PostTimeout = Limit;
        RequireSuccess(transfer);
        _destination.Bytes.SequenceEqual(_source.Bytes).Should().BeTrue();
    }

    [Test]
    public void KilledPeer_EndsItsTransfers_AndIsDropped()
    {
        Requires(BackendTraits.NoticesVanishedPeers);
        using var transfer = Create(TransferOperation.Write);
        RequireSuccess(transfer);

        Harness.Kill();

        RunUntilItFails(transfer).Should().BeOneOf(NixlStatus.RemoteDisconnect, NixlStatus.BackendError, NixlStatus.NotFound);
        Eventually(() => transfer.IsQuiescent, "nobody is left to touch the memory");
        Eventually(() => !Initiator.CheckRemoteMetadata(Target.Name), "the loss drops the peer");
    }

    [Test]
    public async Task PeerKilledInFlight_EndsTheAwaits_AndItsSuccessorIsReached()
    {
        Requires(BackendTraits.NoticesVanishedPeers);
        using var transfer = Create(TransferOperation.Write);
        RequireSuccess(transfer);
        var posts = Task.Run(async () =>
        {
            NixlStatus status;
            do
            {
                status = await transfer.PostAsync();
            }
            while (status == NixlStatus.Success);

            return status;
        });

        Harness.Kill();

        (await posts.WaitAsync(Limit)).Should().BeOneOf(NixlStatus.RemoteDisconnect, NixlStatus.BackendError, NixlStatus.NotFound);
        var successor = World.AddPeer("successor");
        var anew = World.AddBuffer(successor, Length, seed: 3);
        World.Introduce(Initiator, successor);
        await Initiator.TransferAsync(TransferOperation.Write, Dram(_source.Descriptor), Dram(anew.Descriptor), successor.Name).WaitAsync(Limit);
        anew.Bytes.SequenceEqual(_source.Bytes).Should().BeTrue();
    }

    private static NixlStatus RunUntilItFails(Transfer transfer)
    {
        var start = Stopwatch.GetTimestamp();
        NixlStatus status;
        do
        {
            status = Run(transfer);
        }
        while (status == NixlStatus.Success && Stopwatch.GetElapsedTime(start) < Limit);

        return status;
    }

    private Transfer Create(TransferOperation operation)
        => Initiator.CreateTransfer(operation, Dram(_source.Descriptor), Dram(_destination.Descriptor), Target.Name);
}
