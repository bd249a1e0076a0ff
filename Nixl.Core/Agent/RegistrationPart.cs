using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>What one backend holds of a registration, and where it is found.</summary>
internal sealed class RegistrationPart(MemoryRegistration owner, BackendInstance backend, LocalSection section, int count)
{
    internal MemoryRegistration Owner { get; } = owner;

    internal BackendInstance Backend { get; } = backend;

    internal LocalSection Section { get; } = section;

    /// <summary>In the order of the ranges; filled while it is registered.</summary>
    internal BackendMemory[] Regions { get; } = new BackendMemory[count];
}
