using System.Diagnostics;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>What every suite shares: a world per test, checked and taken down after it.</summary>
[Category("Conformance")]
public abstract class BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private World? _world;

    internal THarness Harness { get; set; } = new();

    internal World World => _world!;

    internal NixlAgent Initiator => World.Initiator;

    internal NixlAgent Target => World.Target;

    [SetUp]
    public void OpenWorld()
    {
        if (Harness.Unavailable is { } reason)
        {
            Assert.Ignore(reason);
        }

        _world = new World(Harness);
    }

    [TearDown]
    public void CloseWorld()
    {
        try
        {
            _world?.RequireOrder();
        }
        finally
        {
            _world?.Dispose();
        }

        _world?.RequireOrderOfAgents();
        _world = null;
    }

    /// <summary>Why a test that needs these traits is skipped, in words that a user of the backend understands.</summary>
    private static string Lack(BackendTraits missing) => missing switch
    {
        BackendTraits.ChecksTarget => "the native library serves a peer's one-sided accesses without asking, so memory that was deregistered cannot be defended here.",
        BackendTraits.NoticesVanishedPeers => "nothing tells these transports that a peer has ended; its transfers end at their deadline instead.",
        _ => $"the backend is not made for this ({missing}).",
    };

    private protected void Requires(BackendTraits trait)
    {
        if ((Harness.Traits & trait) != trait)
        {
            Assert.Ignore($"{Harness.GetType().Name}: {Lack(trait & ~Harness.Traits)}");
        }
    }

    /// <summary>Posts and polls until the end.</summary>
    private protected static NixlStatus Run(Transfer transfer) => Poll(transfer, transfer.Post());

    private protected static NixlStatus Poll(Transfer transfer, NixlStatus status)
    {
        var start = Stopwatch.GetTimestamp();
        while (status == NixlStatus.InProgress && Stopwatch.GetElapsedTime(start) < Limit)
        {
            status = transfer.Check();
        }

        return status;
    }

    private protected static void RequireSuccess(Transfer transfer)
        => Run(transfer).Should().Be(NixlStatus.Success, "{0}", transfer.GetFault());

    private protected static void Eventually(Func<bool> condition, string because)
        => SpinWait.SpinUntil(condition, Limit).Should().BeTrue(because);

    /// <summary>The next notification of <paramref name="agent"/>, while <paramref name="transfer"/> is polled beside it.</summary>
    private protected static Notification Receive(NixlAgent agent, Transfer? transfer = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Limit)
        {
            if (agent.TryGetNotification(out var notification))
            {
                return notification;
            }

            transfer?.Check();
        }

        throw new AssertionException($"no notification came within {Limit}");
    }

    private protected static DescriptorList Dram(params ReadOnlySpan<MemoryDescriptor> descriptors) => new(MemoryType.Dram, descriptors);

    private protected static NixlException Refusal(Action action) => action.Should().Throw<NixlException>().Which;
}
