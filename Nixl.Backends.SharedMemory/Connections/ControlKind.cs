namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>The messages of the handshake. The one who connects asks, the one who listens answers.</summary>
internal enum ControlKind : ushort
{
    /// <summary>First message: name, versions, the listener's proof from its metadata; with the descriptor of the ring for notifications.</summary>
    Hello = 1,

    /// <summary>Answer: version, the listener's proof; with the descriptors of the page of life and of the wake-up event.</summary>
    Welcome = 2,

    /// <summary>Answer: the connection is not wanted; the name field says why.</summary>
    Refusal = 3,

    /// <summary>Asks for the descriptor of a memory object.</summary>
    ObjectRequest = 4,

    /// <summary>Answer: the descriptor, and the object's size.</summary>
    Object = 5,

    /// <summary>Answer: there is no such object any more.</summary>
    NoObject = 6,
}
