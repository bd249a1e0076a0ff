using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>What one of several backends holds of a registration, or one of several ranges.</summary>
internal sealed class RegistrationPart(MemoryRegistration owner, LocalSection section, int count) : IRegistrationPart
{
    private readonly BackendMemory[] _regions = new BackendMemory[count];

    public MemoryRegistration Owner => owner;

    public LocalSection Section => section;

    public ReadOnlySpan<BackendMemory> Regions => _regions;

    public void Set(int index, BackendMemory region) => _regions.AsSpan()[index] = region; // a span's elements, unlike an array's, are stored without asking for the object's type

    public BackendMemory[] ToArray() => _regions;
}
