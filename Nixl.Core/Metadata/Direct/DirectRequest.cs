namespace Nixl.Metadata;

/// <summary>One request of the client.</summary>
/// <param name="Operation">The operation's name for errors, such as <c>FetchMetadata</c>.</param>
/// <param name="Preamble">The frame's bytes up to the argument.</param>
/// <param name="Argument">The command's argument.</param>
/// <param name="ExpectsReply">Whether a frame comes back.</param>
internal sealed record DirectRequest(string Operation, ReadOnlyMemory<byte> Preamble, ReadOnlyMemory<byte> Argument, bool ExpectsReply);
