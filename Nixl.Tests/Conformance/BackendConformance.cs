using System.Diagnostics;
using FluentAssertions;
using Nixl.Tests.Conformance.Peers;
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

    internal IConformancePeer Target => World.Peer;

    [SetUp]
    public void OpenWorld()
    {
        if (Harness.Unavailable is { } reason)
        {
            Assert.Ignore(reason);
        }

        _world = new World(Harness);
    }

    [OneTimeTearDown]
    public void EndHarness() => (Harness as IDisposable)?.Dispose();

    [TearDown]
    public void CloseWorld()
    {
        (Harness as IPeerHost)?.Continue();
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

    /// <summary>Leaves a test out that cannot be done with the peer in another process, for the reason given.</summary>
    private protected void RequiresOneProcess(string because)
    {
        if (Harness is IPeerHost)
        {
            Assert.Ignore($"{Harness.GetType().Name}: {because}");
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
        // Not by the delegate of those below: the tests of allocation count what is made here.
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Limit)
        {
            if (agent.TryGetNotification(out var notification))
            {
                return notification;
            }

            transfer?.Check();
        }

        throw NothingCame();
    }

    /// <summary>The next notification of <paramref name="peer"/>, while <paramref name="transfer"/> is polled beside it.</summary>
    private protected static Notification Receive(IConformancePeer peer, Transfer? transfer = null) => Receive(peer.TryGetNotification, transfer);

    /// <summary>The next notification of <paramref name="peer"/>, which finds <paramref name="watched"/> full of <paramref name="expected"/> in that moment.</summary>
    private protected static Notification Receive(IConformancePeer peer, Transfer transfer, GuardedBuffer watched, byte expected)
    {
        var last = -1;
        var received = Receive((out Notification notification) => peer.TryGetNotification(watched, expected, out notification, out last), transfer);
        last.Should().Be(-1, "{0} was announced", expected);
        return received;
    }

    private static Notification Receive(TryReceive tryReceive, Transfer? transfer)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Limit)
        {
            if (tryReceive(out var notification))
            {
                return notification;
            }

            transfer?.Check();
        }

        throw NothingCame();
    }

    private static AssertionException NothingCame() => new($"no notification came within {Limit}");

    private delegate bool TryReceive(out Notification notification);

    private protected static DescriptorList Dram(params ReadOnlySpan<MemoryDescriptor> descriptors) => new(MemoryType.Dram, descriptors);

    private protected static NixlException Refusal(Action action) => action.Should().Throw<NixlException>().Which;
}
