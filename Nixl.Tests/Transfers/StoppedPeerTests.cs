using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Backends.Ucx;
using Nixl.Tests.Backends.SharedMemory;
using Nixl.Tests.Backends.Ucx;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Transfers;

/// <summary>A peer that is stopped in the middle, outlived by deadlines, and continued afterwards: whatever was released, deregistered or dropped meanwhile, and however the
/// collector moved things about, no byte changes that the peer has no more business with.</summary>
[Platform(Include = "Linux", Reason = "Processes are stopped and continued by signals.")]
public sealed class StoppedPeerTests
{
    private const int BlockBytes = 32 << 10; // an ordinary object: the collector moves it as soon as it is not pinned
    private const int TargetBytes = 1 << 20;
    private const byte Witness = 0x5A;
    private const byte Ended = 0xE7;

    private readonly List<byte[]> _witnesses = [];
    private readonly List<byte[]> _ended = [];
    private readonly List<GuardedBuffer> _guarded = [];
    private readonly List<Task> _ends = [];

    [TestCase("UCX", "tcp,self", "Other", 1)]
    [TestCase("UCX", "posix,cma,self", "Other", 2)]
    [TestCase("SHM", "", "Allocated", 3)]
    [TestCase("SHM", "", "Other", 4)]
    public async Task NothingIsTouched_ThatWasLetGo(string backend, string transports, string memory, int seed)
    {
        if (backend == "UCX" && new UcxSharedMemoryHarness().Unavailable is { } reason)
        {
            Assert.Ignore(reason);
        }

        (string, string)[] parameters = transports.Length == 0 ? [] : [("UCX_TLS", transports)];
        using var target = await TargetProgram.StartAsync(backend, memory, TargetBytes, parameters);
        using var agent = Open(backend, parameters, target);
        var random = new Random(seed);
        (await Move(agent, target, random, TransferOperation.Write, TimeSpan.FromSeconds(20))).Should().Be(NixlStatus.Success, "the connection is there");

        target.Stop();
        for (var round = 0; round < 60; round++)
        {
            LetGoSomehow(agent, target, random);
            _witnesses.Add(Filled(new byte[BlockBytes], Witness));
            if (round % 5 == 0)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        }

        await Task.WhenAll(_ends).WaitAsync(TimeSpan.FromSeconds(30)); // every await ends, whatever the peer does
        target.Continue();

        SpinWait.SpinUntil(() => agent.OpenTransfers == 0 && agent.QuarantinedTransfers == 0, TimeSpan.FromSeconds(30)).Should().BeTrue("the engine lets go of everything in the end");
        await Task.Delay(200); // what is late comes now
        GC.Collect();
        _witnesses.Count(static bytes => bytes.AsSpan().ContainsAnyExcept(Witness)).Should().Be(0, "memory of others is not written to");
        _ended.Count(static bytes => bytes.AsSpan().ContainsAnyExcept(Ended)).Should().Be(0, "after a quiescent end no byte of local memory changes");
        _ended.Should().NotBeEmpty();
        _guarded.ForEach(static buffer => buffer.RequireIntactGuards());
        agent.RefusedCompletions.Should().Be(0);
        _guarded.ForEach(static buffer => buffer.Dispose());
    }

    /// <summary>One transfer that is waited for, canceled, released or robbed of its memory, in one order or another.</summary>
    private void LetGoSomehow(NixlAgent agent, TargetProgram target, Random random)
    {
        var operation = random.Next(3) == 0 ? TransferOperation.Write : TransferOperation.Read;
        switch (random.Next(6))
        {
            case 0:
                _ends.Add(Move(agent, target, random, operation, null));
                break;
            case 1:
                _ends.Add(MoveGuarded(agent, target, random, operation));
                break;
            default:
                var block = new byte[BlockBytes];
                var registration = agent.Register(block.AsMemory());
                var transfer = Create(agent, target, random, operation, registration);
                var end = transfer.PostAsync(random.Next(2) == 0 ? new CancellationTokenSource(random.Next(1, 50)).Token : default);
                _ends.Add(end.AsTask());
                if (random.Next(2) == 0)
                {
                    registration.Dispose();
                    transfer.Dispose();
                }
                else
                {
                    transfer.Dispose();
                    registration.Dispose();
                }

                break;
        }
    }

    private async Task<NixlStatus> Move(NixlAgent agent, TargetProgram target, Random random, TransferOperation operation, TimeSpan? timeout)
    {
        var block = new byte[BlockBytes];
        using var registration = agent.Register(block.AsMemory());
        using var transfer = Create(agent, target, random, operation, registration, timeout);
        var status = await transfer.PostAsync();
        status.Should().BeOneOf(NixlStatus.Success, NixlStatus.TimedOut, NixlStatus.RemoteDisconnect);
        if (transfer.IsQuiescent)
        {
            _ = Filled(block, Ended);
            lock (_ended)
            {
                _ended.Add(block);
            }
        }

        return status;
    }

    private async Task MoveGuarded(NixlAgent agent, TargetProgram target, Random random, TransferOperation operation)
    {
        var buffer = new LocalBuffer(agent, BlockBytes);
        _guarded.Add(buffer);
        var registration = agent.Register(new DescriptorList(MemoryType.Dram, [buffer.Descriptor]));
        using var transfer = Create(agent, target, random, operation, registration);
        (await transfer.PostAsync()).Should().BeOneOf(NixlStatus.Success, NixlStatus.TimedOut, NixlStatus.RemoteDisconnect);
        transfer.Dispose();
        await agent.DeregisterAsync(registration).WaitAsync(TimeSpan.FromSeconds(1)).ContinueWith(static _ => { }, TaskScheduler.Default); // may have to wait for the peer
    }

    private static Transfer Create(
        NixlAgent agent, TargetProgram target, Random random, TransferOperation operation, MemoryRegistration registration, TimeSpan? timeout = null)
    {
        var offset = (ulong)random.Next((TargetBytes - BlockBytes) / 64) * 64;
        return agent.CreateTransfer(
            operation,
            registration.ToDescriptors(),
            new DescriptorList(MemoryType.Dram, [(target.Address + offset, BlockBytes, 0)]),
            "shm-target",
            new TransferOptions { Timeout = timeout });
    }

    private NixlAgent Open(string backend, (string, string)[] parameters, TargetProgram target)
    {
        _witnesses.Clear();
        _ended.Clear();
        _guarded.Clear();
        _ends.Clear();
        var options = new NixlAgentOptions { TransferTimeout = TimeSpan.FromMilliseconds(150), DrainTimeout = TimeSpan.FromMilliseconds(100) };
        if (backend == "UCX")
        {
            options.Backends.Add<UcxEngine>(parameters);
        }
        else
        {
            options.Backends.Add<SharedMemoryEngine>(parameters);
        }

        var agent = new NixlAgent($"stopping-{backend}", options);
        agent.LoadRemoteMetadata(target.Metadata);
        return agent;
    }

    private static byte[] Filled(byte[] block, byte value)
    {
        block.AsSpan().Fill(value);
        return block;
    }
}
