namespace Nixl.Metadata;

/// <summary>How the attempt to read a frame ended.</summary>
internal enum DirectFrameOutcome
{
    /// <summary>A whole frame was read.</summary>
    Frame = 0,

    /// <summary>The peer closed or reset the connection before the first byte of a frame.</summary>
    Closed = 1,

    /// <summary>No byte came in the time allowed for the first one.</summary>
    Silent = 2,

    /// <summary>The connection ended within a frame.</summary>
    Cut = 3,

    /// <summary>A frame began and did not end in the time allowed.</summary>
    TimedOut = 4,

    /// <summary>The announced length is more than is accepted.</summary>
    TooLarge = 5,

    /// <summary>All unfinished frames together would hold more than is allowed.</summary>
    OverBudget = 6,
}
