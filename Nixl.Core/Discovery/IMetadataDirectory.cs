namespace Nixl.Discovery;

/// <summary>The part of a store that knows who is there: presence under a lease, lists, and changes as they happen.</summary>
/// <remarks>As <see cref="IMetadataExchange"/>: thread-safe, bounded, failing with <see cref="NixlException"/>.</remarks>
public interface IMetadataDirectory
{
    /// <summary>Claims an agent's name, or renews the claim. The name is free when nobody holds it, when its lease is over, when its holder left or was evicted, or when
    /// it is held by the record's own incarnation, except that an evicted incarnation does not get it back.</summary>
    /// <param name="presence">What others read.</param>
    /// <param name="timeToLive">When the claim ends by itself. Whole seconds where the store knows no finer ones, rounded up.</param>
    /// <param name="metadataTimeToLive">The same for the metadata of this agent, which is renewed with it; zero for never.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task<PresenceHold> HoldAsync(PresenceRecord presence, TimeSpan timeToLive, TimeSpan metadataTimeToLive, CancellationToken cancellationToken);

    /// <summary>Writes a record whoever holds the name: that an agent left, or that it was evicted. It goes by itself.</summary>
    Task ReplaceAsync(PresenceRecord presence, TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Everybody who is there now, upstream's agents included.</summary>
    Task<IReadOnlyList<DirectoryEntry>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Everybody who is there, then <see cref="DirectoryEventKind.Synchronized"/>, then every change without a gap. Ends with an exception when the store cannot
    /// be reached or has forgotten the changes; the caller begins anew.</summary>
    IAsyncEnumerable<DirectoryEvent> WatchAsync(CancellationToken cancellationToken);
}
