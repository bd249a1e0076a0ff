namespace Nixl.Metadata;

/// <summary>One command of a frame.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Argument">What follows the command's letters; all of the piece where they are unknown.</param>
internal readonly record struct DirectCommand(DirectCommandKind Kind, ReadOnlyMemory<byte> Argument);
