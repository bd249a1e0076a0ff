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
    internal Transfer CreateWrite(int peer, long from, long to, long bytes, int tag, string backend)
    {
        var remote = _peers[peer];
        if (_connected.Add(peer))
        {
            _agent.Connect(remote.Name);
        }

        var message = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(message, tag);
        return _agent.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [_memory.Describe(from, bytes)]),
            new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(remote.Address + (ulong)to, (ulong)bytes)]),
            remote.Name,
            new TransferOptions { Notification = message, Backends = [backend] });
    }

    /// <summary>A part of this rank's memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> Span(long offset, int bytes) => _memory.GetSpan(offset, bytes);

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        ((IDisposable)_memory).Dispose();
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
