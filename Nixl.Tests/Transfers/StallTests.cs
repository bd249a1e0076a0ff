using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Transfers;

/// <summary>A post that takes long is spoken of before its deadline.</summary>
public sealed class StallTests
{
    private RecordingLogger _log = null!;
    private World _world = null!;
    private NixlAgent _agent = null!;
    private GuardedBuffer _source = null!;
    private GuardedBuffer _target = null!;

    private int Warnings
    {
        get
        {
            lock (_log)
            {
                return _log.Entries.Count(static entry => entry.Id == 1004);
            }
        }
    }

    [TearDown]
    public void Close()
    {
        _agent.Dispose();
        _world.Dispose();
    }

    [Test]
    public void AStalledPost_IsNamedOnce_AndTheNextOneAgain([Values(ProgressMode.Adaptive, ProgressMode.Manual)] ProgressMode progress)
    {
        Open(TimeSpan.FromMilliseconds(30), progress);
        using var transfer = Create("mode=Never");
        for (var post = 1; post <= 2; post++)
        {
            transfer.Post();

            Poll(transfer, () => Warnings == post).Should().BeTrue();
            Poll(transfer, () => Warnings > post, TimeSpan.FromMilliseconds(100)).Should().BeFalse("once is enough");

            _agent.TransfersStalled.Should().Be(1);
            _agent.GetHealth().Reasons.Should().Contain(static reason => reason.Contains("have not ended within", StringComparison.Ordinal));
            InMemoryFabric.OfAgent(_agent.Name).FinishStuck();
            Poll(transfer, () => transfer.Status == NixlStatus.Success).Should().BeTrue();
            _agent.TransfersStalled.Should().Be(0);
        }

        _log.Entries.First(static entry => entry.Id == 1004).Text.Should().Contain(_agent.Name).And.Contain(_world.Target.Name).And.Contain("INMEMORY").And.Contain("64 bytes");
    }

    [Test]
    public void TheDeadline_StillEndsIt()
    {
        Open(TimeSpan.FromMilliseconds(10), ProgressMode.Adaptive);
        using var transfer = Create("mode=UntilCanceled", TimeSpan.FromMilliseconds(80));

        transfer.PostAsync().AsTask().Wait(TimeSpan.FromSeconds(20)).Should().BeTrue();

        transfer.Status.Should().Be(NixlStatus.TimedOut);
        Warnings.Should().Be(1);
    }

    [Test]
    public void Never_IsNever()
    {
        Open(Timeout.InfiniteTimeSpan, ProgressMode.Manual);
        using var transfer = Create("mode=UntilCanceled", Timeout.InfiniteTimeSpan);
        transfer.Post();

        Poll(transfer, () => Warnings > 0, TimeSpan.FromMilliseconds(50)).Should().BeFalse();

        _agent.TransfersStalled.Should().Be(0);
    }

    private static bool Poll(Transfer transfer, Func<bool> condition, TimeSpan? limit = null) => SpinWait.SpinUntil(
        () =>
        {
            transfer.Check();
            return condition();
        },
        limit ?? TimeSpan.FromSeconds(20));

    private void Open(TimeSpan stallAfter, ProgressMode progress)
    {
        _log = new RecordingLogger();
        _world = new World(new InMemoryHarness());
        var options = new NixlAgentOptions { StallAfter = stallAfter, Progress = progress, LoggerFactory = new OneLoggerFactory(_log) };
        options.Backends.Add<InMemoryEngine>();
        _agent = new NixlAgent($"stalling-{TestContext.CurrentContext.Test.ID}", options);
        _source = _world.AddBuffer(_agent, 64);
        _target = _world.AddBuffer(_world.Target, 64);
        World.Introduce(_agent, _world.Target);
    }

    private Transfer Create(string wish, TimeSpan? timeout = null) => _agent.CreateTransfer(
        TransferOperation.Write,
        new DescriptorList(MemoryType.Dram, [_source.Descriptor]),
        new DescriptorList(MemoryType.Dram, [_target.Descriptor]),
        _world.Target.Name,
        new TransferOptions { CustomParam = wish, Timeout = timeout });
}
