namespace Nixl;

/// <summary>A range to register, with the user's own bytes for it: an object's key, a file's path mode, or nothing.</summary>
/// <param name="Range">The range.</param>
/// <param name="MetaInfo">The user's bytes; handed to the engine, never sent to peers.</param>
public readonly record struct RegistrationDescriptor(MemoryDescriptor Range, ReadOnlyMemory<byte> MetaInfo = default);
