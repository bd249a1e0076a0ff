namespace Nixl.Metadata;

/// <summary>The result of reading one frame.</summary>
/// <param name="Outcome">How reading ended.</param>
/// <param name="Body">The frame's body, in memory of its own that nobody else uses.</param>
/// <param name="AnnouncedBytes">The length that the frame's header announced, where it was read.</param>
internal readonly record struct DirectFrame(DirectFrameOutcome Outcome, ReadOnlyMemory<byte> Body = default, ulong AnnouncedBytes = 0);
