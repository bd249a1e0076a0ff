namespace Nixl.Backends;

/// <summary>One contiguous piece of a transfer, checked by the agent to lie inside the two memories it names.</summary>
/// <param name="LocalAddress">Address (or offset) on this agent's side.</param>
/// <param name="RemoteAddress">Address (or offset) on the peer's side.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="LocalMemory">Index into <see cref="BackendTransfer.LocalMemories"/>.</param>
/// <param name="RemoteMemory">Index into <see cref="BackendTransfer.RemoteMemories"/>.</param>
public readonly record struct TransferSegment(ulong LocalAddress, ulong RemoteAddress, ulong Length, int LocalMemory, int RemoteMemory);
