using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Ends at inconvenient moments of transfers between memory and storage, and what must be refused.</summary>
public abstract class StorageLifetimeConformance<THarness> : BackendConformance<THarness>
    where THarness : IStorageHarness, new()
{
    private const int Length = 16 << 20;

    private GuardedBuffer _memory = null!;
    private StoredRange _storage = null!;

    [SetUp]
    public void Store()
    {
        _memory = World.AddBuffer(Initiator, Length);
        _storage = Harness.Store(Initiator, Length, seed: 2);
    }

    [TearDown]
    public void Unstore() => _storage?.Dispose();

    [Test]
    public void Transfer_DisposedInFlight_EndsAndTheAgentGoesOn([Values] TransferOperation operation)
    {
        for (var round = 0; round < 10; round++)
        {
            var transfer = Create(operation);
            transfer.Post();
            transfer.Dispose();
            transfer.Post().Should().BeOneOf(NixlStatus.NotAllowed, NixlStatus.RepostActive);
            Eventually(() => transfer.IsQuiescent, "a disposed transfer ends");
        }

        using var last = Create(operation);
        RequireSuccess(last);
        _storage.Content().AsSpan().SequenceEqual(_memory.Bytes).Should().BeTrue();
    }

    [Test]
    public async Task Cancellation_EndsAsCanceledOrSuccess_AndIsQuiescent([Values] TransferOperation operation)
    {
        using var transfer = Create(operation);

        for (var round = 0; round < 20; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var waiting = transfer.PostAsync(cancellation.Token);
            await cancellation.CancelAsync();
            (await waiting).Should().BeOneOf(NixlStatus.Success, NixlStatus.Canceled);
            transfer.IsQuiescent.Should().BeTrue();
            transfer.BytesDone.Should().BeInRange(0, Length);
            if (transfer.Status == NixlStatus.Canceled && operation == TransferOperation.Read)
            {
                var canceled = _memory.Bytes.ToArray();
                await Task.Yield();
                _memory.Bytes.SequenceEqual(canceled).Should().BeTrue("nothing is written after the end");
            }
        }

        RequireSuccess(transfer);
    }

    [Test]
    public async Task Deadline_EndsAsTimedOutOrSuccess()
    {
        using var transfer = Create(TransferOperation.Write);
        transfer.PostTimeout = TimeSpan.Zero;

        for (var round = 0; round < 10; round++)
        {
            (await transfer.PostAsync()).Should().BeOneOf(NixlStatus.Success, NixlStatus.TimedOut);
            await transfer.WhenQuiescent();
        }

        transfer.PostTimeout = TimeSpan.FromSeconds(30);
        RequireSuccess(transfer);
    }

    [Test]
    public void Agent_EndedInFlight_EndsEverything()
    {
        var transfers = Enumerable.Range(0, 4).Select(_ => Create(TransferOperation.Read)).ToList();
        transfers.ForEach(static transfer => transfer.Post());

        Initiator.Dispose();

        transfers.Should().OnlyContain(static transfer => transfer.IsQuiescent && transfer.Status != NixlStatus.InProgress);
        var after = _memory.Bytes.ToArray();
        _memory.RequireIntactGuards();
        _memory.Bytes.SequenceEqual(after).Should().BeTrue("nothing is written after the end");
    }

    [Test]
    public void Post_WhileInProgress_IsRefused_AndChangesNothing()
    {
        using var transfer = Create(TransferOperation.Write);

        for (var round = 0; round < 5; round++)
        {
            var first = transfer.Post();
            var second = transfer.Post();
            second.Should().BeOneOf(NixlStatus.RepostActive, NixlStatus.InProgress, NixlStatus.Success);
            Poll(transfer, first == NixlStatus.Success ? second : NixlStatus.InProgress).Should().BeOneOf(NixlStatus.Success, NixlStatus.RepostActive);
        }

        RequireSuccess(transfer);
        _storage.Content().AsSpan().SequenceEqual(_memory.Bytes).Should().BeTrue();
    }

    [Test]
    public void Transfers_MadeAndReleasedOften_LeaveNothing()
    {
        for (var round = 0; round < 200; round++)
        {
            using var transfer = Initiator.CreateTransfer(TransferOperation.Read, Dram(_memory.At(0, 4096)), _storage.List(_storage.At(0, 4096)), Initiator.Name);
            RequireSuccess(transfer);
        }

        Eventually(() => World.OpenTransfers == 0, "released transfers leave the agent");
    }

    [Test]
    public void Storage_AsTheLocalSide_OrOfAnotherAgent_IsRefused()
    {
        var stored = _storage.List(_storage.At(0, 4096));

        Refusal(() => Initiator.CreateTransfer(TransferOperation.Read, stored, Dram(_memory.At(0, 4096)), Initiator.Name)).Hint.Should().NotBeNullOrEmpty();
        Refusal(() => Initiator.CreateTransfer(TransferOperation.Read, Dram(_memory.At(0, 4096)), stored, Target.Name)).Status.Should().Be(NixlStatus.NotFound);
        Refusal(() => Initiator.CreateTransfer(TransferOperation.Read, Dram(_memory.At(0, 4096)), Dram(_memory.At(8192, 4096)), Initiator.Name))
            .Status.Should().Be(NixlStatus.NotFound, "this backend moves nothing from memory to memory");
    }

    private Transfer Create(TransferOperation operation)
        => Initiator.CreateTransfer(operation, Dram(_memory.Descriptor), _storage.List(_storage.At(0, Length)), Initiator.Name);
}
