namespace Nixl.Metadata;

/// <summary>What agents of this implementation add to NIXL's metadata, in one record after the last section. Upstream's readers ignore it.</summary>
/// <param name="Incarnation">A random number of the agent's life: a restarted agent of the same name has another one.</param>
/// <param name="Sequence">Grows with every blob of one incarnation; an older blob that arrives late is recognised by it.</param>
/// <param name="Scope">Whether the blob is full or partial.</param>
/// <param name="Features">What the agent offers beyond NIXL's protocols; bits that are not known are ignored.</param>
/// <param name="Host">Where the agent runs. A claim of the peer: good for routing, never a proof of identity.</param>
/// <param name="Libraries">The libraries its engines run on, at most <see cref="LibrariesMax"/>.</param>
public sealed record MetadataExtension(
    Guid Incarnation, ulong Sequence, MetadataScope Scope, ulong Features, HostIdentity Host, IReadOnlyList<LibraryVersion> Libraries)
{
    /// <summary>The most libraries that one record may name: several times what all backends together load.</summary>
    public const int LibrariesMax = 64;

    /// <summary>How often its listener sends heartbeats to whoever asks, in milliseconds; 0 when it sends none.</summary>
    public int HeartbeatMs { get; init; }

    /// <summary>Where its listener is reached, as <c>host:port</c>; empty when it has none. A claim of the peer.</summary>
    public string Listener { get; init; } = "";
}
