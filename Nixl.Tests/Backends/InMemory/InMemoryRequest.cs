using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>A prepared transfer with the engine's view of its life, against which the agent's calls are checked.</summary>
internal sealed class InMemoryRequest(BackendTransfer transfer, CompletionMode mode, int failAt) : BackendRequest
{
    private int _verb;
    private long _busy; // 0, or the post that is under way with a bit that tells post 0 from none

    internal BackendTransfer Transfer { get; } = transfer;

    internal CompletionMode Mode { get; } = mode;

    /// <summary>The segment at which each post fails; -1 for none.</summary>
    internal int FailAt { get; } = failAt;

    internal uint Post { get; set; }

    internal bool IsBusy => Interlocked.Read(ref _busy) != 0;

    internal bool IsReleased { get; set; }

    /// <summary>How far a post in slices has come.</summary>
    internal int Segment { get; set; }

    internal ulong SegmentDone { get; set; }

    internal long BytesMoved { get; set; }

    internal byte[]? FirstMessage { get; set; }

    internal bool TryEnter() => Interlocked.Exchange(ref _verb, 1) == 0;

    internal void Leave() => Volatile.Write(ref _verb, 0);

    internal bool TryBegin(uint post) => Interlocked.Exchange(ref _busy, BusyWith(post)) == 0;

    /// <summary>True for the one who may end this post; nobody can end the next one by mistake.</summary>
    internal bool TryFinish(uint post) => Interlocked.CompareExchange(ref _busy, 0, BusyWith(post)) == BusyWith(post);

    private static long BusyWith(uint post) => (1L << 32) | post;
}
