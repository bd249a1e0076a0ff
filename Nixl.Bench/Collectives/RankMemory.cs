using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Nixl.Bench.Coordination;

namespace Nixl.Bench.Collectives;

/// <summary>A rank's agent with its registered memory, and the peers' memory.</summary>
internal sealed class RankMemory : IAsyncDisposable
{
    private readonly NixlAgent _agent;
    private readonly NixlMemory _memory;
    private readonly Peer[] _peers;
    private readonly HashSet<int> _connected = [];

    private RankMemory(NixlAgent agent, NixlMemory memory, MemoryMap map, Peer[] peers) => (_agent, _memory, Map, _peers) = (agent, memory, map, peers);

    internal MemoryMap Map { get; }

    internal NixlAgent Agent => _agent;

    /// <summary>Creates the agent and exchanges metadata with every rank.</summary>
    internal static async Task<RankMemory> OpenAsync(IRendezvous ranks, MemoryMap map, IEnumerable<BackendSelection> backends, CancellationToken cancellation)
    {
        var options = new NixlAgentOptions();
        foreach (var backend in backends)
        {
            options.Backends.Add(backend);
        }

        var agent = new NixlAgent(Name(ranks.Rank), options);
        NixlMemory? memory = null;
        try
        {
            memory = agent.AllocateMemory(map.Total);
            agent.Register(memory);
            var own = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(own, memory.Address);
            var all = await ranks.AllGatherAsync("metadata", (byte[])[.. own, .. agent.GetLocalMetadata()], cancellation);
            return new RankMemory(agent, memory, map, [.. all.Select((blob, rank) => Load(agent, rank == ranks.Rank, rank, blob))]);
        }
        catch
        {
            await agent.DisposeAsync();
            ((IDisposable?)memory)?.Dispose();
            throw;
        }
    }

    /// <summary>A write of a part of this rank's memory into a peer's, which tells the peer <paramref name="tag"/>.</summary>
    /// <param name="peer">Whose memory is written.</param>
    /// <param name="from">Offset in this rank's memory.</param>
    /// <param name="to">Offset in the peer's.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="tag">What the peer is told.</param>
    /// <param name="backend">Over what.</param>
    /// <param name="parts">In how many descriptors; they are not merged.</param>
    internal Transfer CreateWrite(int peer, long from, long to, long bytes, int tag, string backend, int parts = 1)
    {
        var message = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(message, tag);
        return Create(TransferOperation.Write, peer, from, to, bytes, parts, new TransferOptions { Notification = message, Backends = [backend], SkipDescriptorMerge = parts > 1 });
    }

    /// <summary>A read of a part of a peer's memory into this rank's, which tells the peer nothing.</summary>
    internal Transfer CreateRead(int peer, long to, long from, long bytes, string backend, int parts = 1)
        => Create(TransferOperation.Read, peer, to, from, bytes, parts, new TransferOptions { Backends = [backend], SkipDescriptorMerge = parts > 1 });

    /// <summary>A part of this rank's memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> Span(long offset, int bytes) => _memory.GetSpan(offset, bytes);

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        ((IDisposable)_memory).Dispose();
    }

    private Transfer Create(TransferOperation operation, int peer, long local, long remote, long bytes, int parts, TransferOptions options)
    {
        var other = _peers[peer];
        if (_connected.Add(peer))
        {
            _agent.Connect(other.Name);
        }

        var (locals, remotes) = (new DescriptorList(MemoryType.Dram), new DescriptorList(MemoryType.Dram));
        for (var part = 0; part < parts; part++)
        {
            var (start, end) = ((long)((Int128)bytes * part / parts), (long)((Int128)bytes * (part + 1) / parts));
            if (end > start)
            {
                locals.Add(_memory.Describe(local + start, end - start));
                remotes.Add(new MemoryDescriptor(other.Address + (ulong)(remote + start), (ulong)(end - start)));
            }
        }

        return _agent.CreateTransfer(operation, locals, remotes, other.Name, options);
    }

    private static string Name(int rank) => FormattableString.Invariant($"nixlbench-rank-{rank}");

    private static Peer Load(NixlAgent agent, bool isOwn, int rank, byte[] blob)
    {
        if (blob.Length < sizeof(ulong))
        {
            throw new BenchmarkException($"Rank {rank} sent no metadata.");
        }

        var name = isOwn ? agent.Name : agent.LoadRemoteMetadata(blob.AsMemory(sizeof(ulong)));
        return name == Name(rank)
            ? new Peer(name, BinaryPrimitives.ReadUInt64LittleEndian(blob))
            : throw new BenchmarkException($"Rank {rank} sent metadata of '{name}'.");
    }

    private sealed record Peer(string Name, ulong Address);
}
