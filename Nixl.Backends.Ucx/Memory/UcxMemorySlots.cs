using System.Numerics;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>Which local ranges are registered, so that what is left at the end can be given back. Adding is one exchange, taking out none.</summary>
/// <remarks>The slots lie in chunks that stay where they are, each as large as all before it. Whoever adds goes through one; where none is half empty, one more
/// is added.</remarks>
internal sealed unsafe class UcxMemorySlots
{
    private const int FirstSlots = 64;
    private const int SmallPart = 8;

    // What a registration takes to be given back is a microsecond; its thread may be kept from running meanwhile.
    private static readonly TimeSpan ReturnLimit = TimeSpan.FromSeconds(5);

    // Lies in the place of a registration that is being given back.
    private static readonly UcxMemory Returning = new(default, null);

    private readonly Lock _gate = new();
    private readonly HashSet<UcxMemory> _left = []; // what the end took out; guarded by _gate
    private volatile UcxMemory?[][] _chunks = [new UcxMemory?[FirstSlots]]; // replaced under _gate
    private int _next; // where to look next; two threads may read the same, and one of them looks further
    private volatile bool _isClosed;

    /// <summary>Adds a registration. False when the table is closed: it is the caller's then.</summary>
    internal bool TryAdd(UcxMemory memory)
    {
        while (!TryPlace(memory))
        {
            Turn();
        }

        // Either this sees that the table is closed, or whoever closed it sees the registration.
        if (!_isClosed || !TryRemove(memory))
        {
            return true;
        }

        Returned(memory);
        return false;
    }

    /// <summary>Takes a registration out, which its owner does once: true where it is the owner's then, who says <see cref="Returned"/> when it is given back; false where
    /// <see cref="Close"/> has taken it.</summary>
    internal bool TryRemove(UcxMemory memory)
    {
        var chunk = _chunks[ChunkOf(memory.Slot)];
        ref var place = ref chunk[memory.Slot - FirstOf(chunk)];
        if (place != memory)
        {
            return false;
        }

        Volatile.Write(ref place, Returning);
        if (!_isClosed || !WasLeft(memory)) // see Close, which has the barrier between the two
        {
            return true;
        }

        Volatile.Write(ref place, null);
        return false;
    }

    /// <summary>What was taken out is given back: <see cref="Close"/> waits for it no longer, and its place may be another one's.</summary>
    internal void Returned(UcxMemory memory)
    {
        var chunk = _chunks[ChunkOf(memory.Slot)];
        Volatile.Write(ref chunk[memory.Slot - FirstOf(chunk)], null);
    }

    /// <summary>Takes out what is left; nothing comes after it. Waits for what is being given back.</summary>
    /// <param name="isQuiet">Whether all of that is given back, so that what it was registered with can go.</param>
    internal List<UcxMemory> Close(out bool isQuiet)
    {
        List<UcxMemory> left;
        _isClosed = true;
        Interlocked.MemoryBarrierProcessWide(); // either this sees that a place is no registration's, or whoever took that out sees that the table is closed, and asks
        lock (_gate)
        {
            left = [.. _chunks.SelectMany(static chunk => chunk).OfType<UcxMemory>().Where(memory => memory != Returning && _left.Add(memory))];
        }

        isQuiet = SpinWait.SpinUntil(() => !Array.Exists(_chunks, static chunk => chunk.AsSpan().Contains(Returning)), ReturnLimit);
        return left;
    }

    private bool WasLeft(UcxMemory memory)
    {
        lock (_gate)
        {
            return _left.Contains(memory);
        }
    }

    private static int ChunkOf(int slot) => slot < FirstSlots ? 0 : BitOperations.Log2((uint)slot / FirstSlots) + 1;

    /// <summary>The number of a chunk's first slot; the first two chunks have the same length.</summary>
    private int FirstOf(UcxMemory?[] chunk) => chunk == _chunks[0] ? 0 : chunk.Length;

    private bool TryPlace(UcxMemory memory)
    {
        var next = Volatile.Read(ref _next);
        var chunk = _chunks[ChunkOf(next)];
        var first = FirstOf(chunk);
        for (var place = next - first; place < chunk.Length - 1; place++) // the number after the last place is of another chunk
        {
            if (chunk[place] is null)
            {
                memory.Slot = first + place; // before it can be found there
                if (Interlocked.CompareExchange(ref chunk[place], memory, null) is null)
                {
                    Volatile.Write(ref _next, memory.Slot + 1);
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Goes on to a chunk that is half empty, or adds one, at the end of another. A small one among large ones would be at its end too soon: looking
    /// through all is paid for by filling a good part of all.</summary>
    private void Turn()
    {
        lock (_gate)
        {
            var all = _chunks.Sum(static chunk => chunk.Length);
            var roomy = Array.FindLast(_chunks, chunk => chunk.Length >= all / SmallPart && chunk.AsSpan().Count((UcxMemory?)null) > chunk.Length / 2);
            if (roomy is null)
            {
                roomy = new UcxMemory?[all];
                _chunks = [.. _chunks, roomy];
            }

            Volatile.Write(ref _next, FirstOf(roomy));
        }
    }
}
