namespace Nixl.Discovery;

/// <summary>The answer to a claim of a name.</summary>
/// <param name="IsHeld">Whether the caller holds the name now.</param>
/// <param name="Holder">Who holds it instead, or the record that says that the caller was evicted; null when the caller holds it.</param>
/// <param name="MetadataLost">Whether the store no longer has what the caller published, or may not have it: publish again.</param>
public sealed record PresenceHold(bool IsHeld, PresenceRecord? Holder, bool MetadataLost);
