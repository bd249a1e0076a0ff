using System.Collections.Concurrent;
using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Staging;

/// <summary>What a device of the store engine holds, and how moves to and from it end.</summary>
internal sealed class Store : IDisposable
{
    private static readonly ConcurrentDictionary<ulong, Store> All = [];
    private static long _lastDevice;

    internal Store(int bytes)
    {
        Bytes = new byte[bytes];
        Device = (ulong)Interlocked.Increment(ref _lastDevice);
        All[Device] = this;
    }

    internal ulong Device { get; }

    internal byte[] Bytes { get; }

    /// <summary>Immediate, Late, Foreign, UntilCanceled or Never.</summary>
    internal CompletionMode Mode { get; set; }

    /// <summary>A move that touches this offset fails; -1 for none.</summary>
    internal long FailAt { get; set; } = -1;

    /// <summary>Whether preparing a move over it throws, which engines must not.</summary>
    internal bool ThrowsInPrep { get; set; }

    /// <summary>The pieces that engines were asked to move, in the order of their posts.</summary>
    internal ConcurrentQueue<(ulong Offset, ulong Length)> Moves { get; } = [];

    internal static Store Of(ulong device) => All[device];

    internal MemoryDescriptor At(long offset, long length) => new((ulong)offset, (ulong)length, Device);

    internal void Fill(int seed) => new Random(seed).NextBytes(Bytes);

    public void Dispose() => All.TryRemove(Device, out _);
}
