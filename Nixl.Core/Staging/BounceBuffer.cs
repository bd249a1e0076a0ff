using Nixl.Agent;
using Nixl.Backends;

namespace Nixl.Staging;

/// <summary>The host memory of one staged route: chunks of one size, registered with both engines and with nobody else. Peers never learn of it.</summary>
/// <remarks>Rented and returned under the route's token; made and given back on control paths.</remarks>
internal sealed class BounceBuffer : IDisposable
{
    private readonly NixlMemory _memory;
    private readonly Stack<int> _free;

    private BounceBuffer(NixlMemory memory, int chunkBytes, BackendMemory near, BackendMemory far)
    {
        _memory = memory;
        ChunkBytes = chunkBytes;
        Near = near;
        Far = far;
        ChunkCount = (int)(memory.Length / chunkBytes);
        _free = new Stack<int>(Enumerable.Range(0, ChunkCount));
    }

    /// <summary>The size of a chunk.</summary>
    internal int ChunkBytes { get; }

    internal int ChunkCount { get; }

    /// <summary>The memory as the engine of the local side holds it.</summary>
    internal BackendMemory Near { get; }

    /// <summary>The memory as the engine of the remote side holds it; the same object where one engine serves both.</summary>
    internal BackendMemory Far { get; }

    /// <summary>Whether a chunk is free.</summary>
    internal bool HasFree => _free.Count > 0;

    /// <summary>Whether no chunk is in use.</summary>
    internal bool IsIdle => _free.Count == ChunkCount;

    /// <summary>Allocates the memory and registers it.</summary>
    /// <exception cref="NixlException">There is not enough memory, or an engine does not take it.</exception>
    internal static BounceBuffer Allocate(AgentSettings settings, BackendInstance near, BackendInstance far, int chunkBytes, int chunks, string verb)
    {
        var memory = NixlMemory.Allocate((long)chunkBytes * chunks, new MemoryAllocationOptions(), settings.Logger);
        BackendMemory? first = null;
        try
        {
            first = Register(settings, near, memory, verb);
            return new BounceBuffer(memory, chunkBytes, first, near == far ? first : Register(settings, far, memory, verb));
        }
        catch
        {
            if (first is not null)
            {
                near.Engine.DeregisterMem(first, out _);
            }

            ((IDisposable)memory).Dispose();
            throw;
        }
    }

    internal int Rent() => _free.Pop();

    internal void Return(int chunk) => _free.Push(chunk);

    internal ulong AddressOf(int chunk) => _memory.Address + ((ulong)chunk * (ulong)ChunkBytes);

    /// <summary>Deregisters the memory; no chunk is in use.</summary>
    internal void ReturnToEngines(BackendInstance near, BackendInstance far)
    {
        near.Engine.DeregisterMem(Near, out _);
        if (Far != Near)
        {
            far.Engine.DeregisterMem(Far, out _);
        }
    }

    /// <summary>Frees the memory: it is deregistered, or the engines are closed.</summary>
    public void Dispose() => ((IDisposable)_memory).Dispose();

    private static BackendMemory Register(AgentSettings settings, BackendInstance instance, NixlMemory memory, string verb)
    {
        var region = new MemoryRegion(MemoryType.Dram, memory.Descriptor, default, memory.Backing);
        var status = instance.Engine.RegisterMem(region, out var registered, out var fault);
        return status == NixlStatus.Success ? registered! : throw instance.ToException(status, fault, verb, settings.AgentName);
    }
}
