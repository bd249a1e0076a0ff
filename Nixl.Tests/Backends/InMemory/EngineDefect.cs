namespace Nixl.Tests.Backends.InMemory;

/// <summary>A defect that the in-memory engine can be given, to prove that the conformance suites notice it: the parameter <c>defect</c>.</summary>
internal enum EngineDefect
{
    None,

    /// <summary>The last segment is not moved.</summary>
    DropsLastSegment,

    /// <summary>The remote address is taken as the beginning of the region.</summary>
    IgnoresOffset,

    /// <summary>The first two segments go to each other's remote address.</summary>
    SwapsSegments,

    /// <summary>Each segment is one byte too short.</summary>
    OneByteShort,

    /// <summary>Each segment is one byte too long.</summary>
    OneByteLong,

    /// <summary>READ and WRITE move in the wrong direction.</summary>
    WrongDirection,

    /// <summary>The notification is sent before the data is moved.</summary>
    NotifiesBeforeData,

    /// <summary>The post ends before its data is moved, which happens at the next post.</summary>
    CompletesBeforeData,

    /// <summary>Every post is completed twice.</summary>
    CompletesTwice,

    /// <summary>Every post is first completed under the next number.</summary>
    WrongPostNumber,

    /// <summary>The target does not check whether the key is still registered.</summary>
    HonoursStaleKeys,

    /// <summary>A failure is reported for the segment after the one that failed.</summary>
    BlamesNextSegment,

    /// <summary>A failure at a segment is reported as success.</summary>
    HidesFailures,

    /// <summary>A canceled post moves its data after it has ended.</summary>
    WritesAfterCancel,

    /// <summary>Notifications of a repost carry the message of the first post.</summary>
    RepeatsFirstMessage,

    /// <summary>Empty notifications are not delivered.</summary>
    DropsEmptyMessages,

    /// <summary>Two notifications that are read together come in the wrong order.</summary>
    ReversesMessages,

    /// <summary>Long notifications arrive cut.</summary>
    CutsLongMessages,

    /// <summary>Damaged connection info and keys are accepted.</summary>
    AcceptsDamagedBytes,

    /// <summary>Posting allocates.</summary>
    AllocatesPerPost,
}
