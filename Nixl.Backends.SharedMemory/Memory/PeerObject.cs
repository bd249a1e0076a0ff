using System.Collections.Concurrent;
using Nixl.Backends.SharedMemory.Handles;

namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>A memory object of a peer: asked for, mapped, and populated by the service thread; used by slices when it is ready.</summary>
/// <remarks><code>Wanted --request sent--> Requested --descriptor came--> Populating --pages entered--> Ready; from each: Failed</code></remarks>
internal sealed unsafe class PeerObject(ulong number, ulong bytes)
{
    // Unmapping takes 10 to 20 ms per GiB; when the owner is dead, who unmaps last takes the pages down, too: 60 to 200 ms per GiB. From here on that is about a millisecond.
    private const ulong BytesUnmappedHere = 16 << 20;

    private readonly ConcurrentQueue<(ulong Offset, ulong Length)> _unpopulated = new();
    private MappedMemory? _memory; // written by the service thread before the state
    private int _state;
    private nint _base;

    internal ulong Number { get; } = number;

    /// <summary>Its size, as the peer announced it.</summary>
    internal ulong Bytes { get; } = bytes;

    /// <summary>How many loaded ranges lie in it; guarded by the connection's gate.</summary>
    internal int Users { get; set; }

    /// <summary>Whether the peer has sealed it against writing.</summary>
    internal bool IsReadOnly { get; private set; }

    /// <summary>Why it is not mapped; empty unless it failed.</summary>
    internal string Problem { get; private set; } = "";

    internal PeerObjectState State
    {
        get => (PeerObjectState)Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, (int)value);
    }

    /// <summary>Where it is mapped; 0 until it is ready.</summary>
    internal byte* Base => (byte*)Volatile.Read(ref _base);

    /// <summary>Adds a range whose pages are to be entered before it is used.</summary>
    internal void AddRange(ulong offset, ulong length) => _unpopulated.Enqueue((offset, length));

    internal void Fail(string problem)
    {
        Problem = problem;
        State = PeerObjectState.Failed;
    }

    /// <summary>Takes the mapping over.</summary>
    internal void Attach(MappedMemory memory, bool isReadOnly)
    {
        _memory = memory;
        IsReadOnly = isReadOnly;
        State = PeerObjectState.Populating;
    }

    /// <summary>Enters some of the announced pages; ready when all are in.</summary>
    /// <param name="bytesMax">How many bytes of them.</param>
    internal void Populate(ulong bytesMax)
    {
        var page = (ulong)Environment.SystemPageSize;
        while (bytesMax > 0 && _unpopulated.TryPeek(out var range))
        {
            _unpopulated.TryDequeue(out _);
            var part = Math.Min(range.Length, bytesMax);
            var start = range.Offset & ~(page - 1);
            var end = Math.Min((range.Offset + part + page - 1) & ~(page - 1), Bytes);
            if (end > start)
            {
                _memory!.Populate((nuint)start, (nuint)(end - start));
            }

            if (part < range.Length)
            {
                _unpopulated.Enqueue((range.Offset + part, range.Length - part));
            }

            bytesMax -= part;
        }

        if (_unpopulated.IsEmpty)
        {
            Volatile.Write(ref _base, (nint)_memory!.Address);
            State = PeerObjectState.Ready;
        }
    }

    /// <summary>Unmaps it; nothing uses it any more. A large one on a thread of the pool: who lets go of a peer progresses others, too.</summary>
    internal void Release()
    {
        Volatile.Write(ref _base, 0);
        if (Interlocked.Exchange(ref _memory, null) is not { } memory)
        {
            return;
        }

        if (Bytes <= BytesUnmappedHere)
        {
            memory.Dispose();
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static mapped => mapped.Dispose(), memory, preferLocal: false);
    }
}
