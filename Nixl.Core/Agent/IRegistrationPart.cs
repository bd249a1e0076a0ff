using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>What one backend holds of a registration, and where it is found: an object of its own, or the registration itself where it is one range with one backend. Most
/// are, and each object more would be one more place in memory to wait for.</summary>
internal interface IRegistrationPart
{
    MemoryRegistration Owner { get; }

    LocalSection Section { get; }

    BackendInstance Backend => Section.Backend;

    int Count => Regions.Length;

    /// <summary>In the order of the ranges.</summary>
    ReadOnlySpan<BackendMemory> Regions { get; }

    /// <summary>While it is registered: range <paramref name="index"/> is.</summary>
    void Set(int index, BackendMemory region);

    /// <summary>The same as an array, which nobody changes.</summary>
    BackendMemory[] ToArray();
}
