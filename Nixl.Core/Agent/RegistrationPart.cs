using System.Runtime.InteropServices;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>What one backend holds of a registration, and where it is found.</summary>
internal sealed class RegistrationPart
{
    // One range, the most frequent number, is no array: it would be one more object, and one more place in memory to wait for.
    private readonly BackendMemory[]? _many;
    private BackendMemory? _one;

    internal RegistrationPart(MemoryRegistration owner, BackendInstance backend, LocalSection section, int count)
    {
        Owner = owner;
        Backend = backend;
        Section = section;
        Count = count;
        _many = count == 1 ? null : new BackendMemory[count];
    }

    internal MemoryRegistration Owner { get; }

    internal BackendInstance Backend { get; }

    internal LocalSection Section { get; }

    internal int Count { get; }

    /// <summary>In the order of the ranges.</summary>
    internal ReadOnlySpan<BackendMemory> Regions => _many is not null ? _many : MemoryMarshal.CreateReadOnlySpan(ref _one!, 1);

    /// <summary>While it is registered: range <paramref name="index"/> is.</summary>
    internal void Set(int index, BackendMemory region)
    {
        if (_many is null)
        {
            _one = region;
        }
        else
        {
            _many.AsSpan()[index] = region; // a span's elements, unlike an array's, are stored without asking for the object's type
        }
    }

    /// <summary>The same as an array, which nobody changes.</summary>
    internal BackendMemory[] ToArray() => _many ?? [_one!];
}
