namespace Nixl.Bench.Transfers;

/// <summary>What lies on the far side of a transfer.</summary>
internal enum StoreKind
{
    /// <summary>Memory of another process.</summary>
    Peer,

    /// <summary>Files of this machine.</summary>
    Files,

    /// <summary>Objects of a store.</summary>
    Objects,

    /// <summary>This process's own memory: copies by the runtime, without an agent; what everything else is compared with.</summary>
    Copy,
}
