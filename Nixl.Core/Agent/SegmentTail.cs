namespace Nixl.Agent;

/// <summary>What the builder knows about the segments so far: where the last one ends, and how many bytes there are.</summary>
internal struct SegmentTail
{
    /// <summary>Where the last segment ends on this side.</summary>
    internal ulong LocalEnd;

    /// <summary>Where the last segment ends on the peer's side.</summary>
    internal ulong RemoteEnd;

    /// <summary>The memories of the last segment, as <see cref="SegmentWords.MemoriesOf"/> gives them; before the first one, what no segment has.</summary>
    internal ulong Memories;

    /// <summary>Bytes of all segments.</summary>
    internal ulong Total;

    /// <summary>Before the first segment.</summary>
    internal static SegmentTail None => new() { Memories = ulong.MaxValue };

    /// <summary>Whether a segment that begins there follows the last one.</summary>
    internal readonly bool IsFollowedBy(ulong local, ulong remote, ulong memories) => local == LocalEnd && remote == RemoteEnd && memories == Memories;
}
