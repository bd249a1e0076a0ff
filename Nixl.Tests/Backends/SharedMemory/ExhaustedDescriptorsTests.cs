using System.Runtime.CompilerServices;
using FluentAssertions;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Memory;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>A process has no descriptor left for a peer: whoever lacks it says so, nothing hangs, and all goes on when there are some again.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class ExhaustedDescriptorsTests
{
    private const int Length = 1 << 16;
    private const int None = 1;
    private const int Plenty = 4096;
    private const string Peer = "shm-target";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // Where the initiator looks for it, which may at any time.
    private static readonly byte[] Proof = GC.AllocateArray<byte>(ConnectionInfo.ProofBytes, pinned: true);

    [Test]
    public async Task PeerWithoutDescriptors_IsWaitedForUntilTheDeadline_AndServesWhenItHasSomeAgain()
    {
        using var target = await TargetProgram.StartAsync("Allocated", Length);
        using var agent = HostilePeerTests.Open("exhausted-initiator");
        using var memory = agent.AllocateMemory(Length);
        agent.Register(memory);
        target.LimitDescriptors(None);
        agent.LoadRemoteMetadata(target.Metadata);
        using var transfer = agent.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [memory.Describe(0, Length)]),
            new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(target.Address, Length)]),
            Peer);
        transfer.PostTimeout = TimeSpan.FromMilliseconds(200);
        Run(transfer).Should().Be(NixlStatus.TimedOut);
        transfer.IsQuiescent.Should().BeTrue("nothing was begun");

        target.LimitDescriptors(Plenty);

        transfer.PostTimeout = Limit;
        Run(transfer).Should().Be(NixlStatus.Success, "{0}", transfer.GetFault());
    }

    [Test]
    public async Task LoadWithoutDescriptors_IsRefusedWithTheReason_AndSucceedsLater()
    {
        using var initiator = await TargetProgram.StartAsync("Allocated", Length);
        using var agent = HostilePeerTests.Open("exhausted-target");
        var load = $"load {Convert.ToHexString(agent.GetLocalMetadata())}";
        (await initiator.AskAsync("load 00")).Should().NotBe("done", "what a refusal needs is loaded from here on");
        initiator.LimitDescriptors(None);

        (await initiator.AskAsync(load)).Should().Contain("No descriptor is left").And.Contain("ulimit -n");

        initiator.LimitDescriptors(Plenty);
        (await initiator.AskAsync(load)).Should().Be("done");
        (await initiator.AskAsync($"connect {agent.Name}")).Should().Be("done");
    }

    [Test]
    public async Task WelcomeWhoseDescriptorsFindNoPlace_EndsTheConnection_WithTheReason()
    {
        using var initiator = await TargetProgram.StartAsync("Allocated", Length);
        (await initiator.AskAsync("connect stranger")).Should().NotBe("done", "what a refusal needs is loaded from here on");
        using var life = LifePage.Create(out _)!;
        using var wake = WakeEvent.Create(out _)!;
        var directory = SocketDirectory.Open("", isShared: false, out _)!;
        using var listener = directory.Listen(out var path, out _)!;
        try
        {
            (await initiator.AskAsync($"load {Convert.ToHexString(Describe(path))}")).Should().Be("done");
            using var accepted = AcceptHello(listener);
            initiator.LimitDescriptors(None);

            accepted.TrySend(new ControlMessage(ControlKind.Welcome) { Proof = Proof }, out _, life.File, wake.Handle).Should().BeTrue();

            (await initiator.AskAsync("connect exhausted-fake")).Should().Contain("no descriptors left").And.Contain("ulimit -n");
        }
        finally
        {
            SocketDirectory.Remove(path);
        }
    }

    private static NixlStatus Run(Transfer transfer)
    {
        var status = transfer.Post();
        SpinWait.SpinUntil(() => (status = transfer.Check()) != NixlStatus.InProgress, Limit);
        return status;
    }

    /// <summary>Metadata that leads to a socket of this process.</summary>
    private static unsafe byte[] Describe(string path)
    {
        var info = new ConnectionInfo
        {
            VersionMin = 1,
            VersionMax = 1,
            User = 0,
            Features = 0,
            BootId = HostIdentity.Current.BootId,
            PidNamespace = HostIdentity.Current.PidNamespace,
            ProofAddress = (ulong)Unsafe.AsPointer(ref Proof[0]),
            Proof = Proof,
            SocketPath = path,
        };
        return AgentMetadataCodec.Encode(new AgentMetadata { AgentName = "exhausted-fake", Connections = [new BackendConnection("SHM", info.Encode())], Sections = [] });
    }

    /// <summary>Other agents look whether somebody listens at the sockets that they find: they connect and leave.</summary>
    private static ControlSocket AcceptHello(ControlSocket listener)
    {
        while (true)
        {
            ControlSocket? accepted = null;
            SpinWait.SpinUntil(() => (accepted = listener.Accept(out _)) is not null, Limit).Should().BeTrue();
            if (HostilePeerTests.Next(accepted!) is { } hello)
            {
                hello.Dispose();
                return accepted!;
            }

            accepted!.Dispose();
        }
    }
}
