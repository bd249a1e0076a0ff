namespace Nixl.Bench.Coordination;

/// <summary>One message as it was received.</summary>
/// <param name="Kind">What it says; may be no known kind.</param>
/// <param name="Payload">The rest, to be read with a <see cref="FrameReader"/>.</param>
internal readonly record struct Frame(FrameKind Kind, byte[] Payload);
