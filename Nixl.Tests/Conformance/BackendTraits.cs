namespace Nixl.Tests.Conformance;

/// <summary>What a backend has, as far as the suites must know. A test that requires a trait is ignored, with a sentence, where it is missing.</summary>
[Flags]
public enum BackendTraits
{
    None = 0,

    /// <summary>Reaches other agents.</summary>
    Remote = 1,

    /// <summary>Moves bytes within one agent.</summary>
    Local = 2,

    /// <summary>Delivers notifications.</summary>
    Notifying = 4,

    /// <summary>The target refuses an access to memory that it has deregistered.</summary>
    ChecksTarget = 8,

    /// <summary>Refuses parameters that it does not know.</summary>
    RefusesUnknownParameters = 16,

    /// <summary>Damaged connection info and keys are recognised as such.</summary>
    ChecksPeerBytes = 32,

    /// <summary>A peer that has ended is noticed before the deadline.</summary>
    NoticesVanishedPeers = 64,

    /// <summary>Completes without allocating, also on the other threads of the process.</summary>
    AllocationFree = 128,

    /// <summary>Moves bytes to and from memory of another process, or of this one, without its agent: while the memory is there, so is the way to it.</summary>
    ReachesMemoryWithoutItsAgent = 256,

    /// <summary>Moves bytes while the peer's process is stopped, once it is connected.</summary>
    OneSided = 512,
}
