namespace Nixl.Bench.Collectives;

/// <summary>What a rank does in one step of a collective operation.</summary>
internal enum StepKind
{
    /// <summary>Posts a prepared transfer.</summary>
    Send,

    /// <summary>Waits until a posted transfer has ended: its bytes may change again.</summary>
    AwaitSent,

    /// <summary>Waits until a peer's bytes are here.</summary>
    AwaitArrival,

    /// <summary>Adds two ranges of the memory into a third.</summary>
    Add,

    /// <summary>Copies a range.</summary>
    Copy,
}
