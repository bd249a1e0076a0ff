namespace Nixl.Tests.Backends.InMemory;

/// <summary>When and how the in-memory engine ends a post: the parameter <c>mode</c>, or <c>mode=…</c> in a transfer's CustomParam.</summary>
public enum CompletionMode
{
    /// <summary>PostXfer copies and returns Success.</summary>
    Immediate,

    /// <summary>PostXfer copies, completes the request and returns InProgress.</summary>
    InsidePost,

    /// <summary>Progress copies and completes.</summary>
    Late,

    /// <summary>A thread of the engine copies and completes.</summary>
    Foreign,

    /// <summary>Progress copies a slice at a time, as long as nobody asks to stop.</summary>
    Slices,

    /// <summary>PostXfer returns an error.</summary>
    FailInPost,

    /// <summary>Ends only through <see cref="InMemoryEngine.FinishStuck"/>; ignores cancellation.</summary>
    Never,

    /// <summary>Ends only by cancellation, by the loss of the peer, or through <see cref="InMemoryEngine.FinishStuck"/>.</summary>
    UntilCanceled,

    /// <summary>PostXfer returns Success, but only after <see cref="InMemoryEngine.PostGate"/> was opened.</summary>
    BlocksInPost,

    /// <summary>PostXfer throws, which the contract forbids.</summary>
    Throws,
}
