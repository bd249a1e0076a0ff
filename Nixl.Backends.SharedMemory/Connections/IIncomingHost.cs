using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Memory;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>What a peer that connects is given.</summary>
internal interface IIncomingHost
{
    /// <summary>The random bytes of this engine's metadata.</summary>
    ReadOnlyMemory<byte> Proof { get; }

    LifePage Life { get; }

    /// <summary>What wakes whoever progresses this engine.</summary>
    WakeEvent Wake { get; }

    ShmMemoryTable Memories { get; }

    /// <summary>Takes note of a peer that was not taken in.</summary>
    void OnRefused(int process, string reason);
}
