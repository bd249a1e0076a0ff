namespace Nixl.Discovery;

/// <summary>One change in a store.</summary>
/// <param name="Kind">What changed.</param>
/// <param name="Agent">Whose; empty for <see cref="DirectoryEventKind.Synchronized"/>.</param>
public sealed record DirectoryEvent(DirectoryEventKind Kind, string Agent = "")
{
    /// <summary>The record, for <see cref="DirectoryEventKind.Presence"/>.</summary>
    public PresenceRecord? Presence { get; init; }

    /// <summary>The metadata, for <see cref="DirectoryEventKind.Metadata"/>, where the store brings it along. Unchecked.</summary>
    public ReadOnlyMemory<byte>? Blob { get; init; }
}
