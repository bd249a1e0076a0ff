namespace Nixl.Metadata;

/// <summary>Why a blob was refused.</summary>
/// <param name="Status">The status that NIXL gives for it; <see cref="NixlStatus.NotAllowed"/> where a limit of <see cref="MetadataLimits"/> was reached.</param>
/// <param name="Reason">One sentence for a person, with tag and offset where they are known.</param>
public readonly record struct MetadataError(NixlStatus Status, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Status}: {Reason}";
}
