namespace Nixl.Bench.Coordination;

/// <summary>What a frame between a rank and the hub says. The numbers are the protocol.</summary>
internal enum FrameKind : byte
{
    /// <summary>A rank's first: magic, versions, group, number of ranks, the rank that it wants or -1.</summary>
    Hello = 1,

    /// <summary>The answer: magic, version, the rank that it is.</summary>
    Welcome = 2,

    /// <summary>The other answer: why not.</summary>
    Refused = 3,

    /// <summary>A rank's part of an exchange: number, label, blob.</summary>
    Gather = 4,

    /// <summary>Everybody's parts: number, blobs.</summary>
    Gathered = 5,

    /// <summary>The run cannot go on: why.</summary>
    Broken = 6,

    /// <summary>A rank has failed: why.</summary>
    Abort = 7,

    /// <summary>A rank is done.</summary>
    Leave = 8,

    /// <summary>The hub has noted that.</summary>
    Farewell = 9,

    /// <summary>Nothing, but somebody is there.</summary>
    Alive = 10,
}
