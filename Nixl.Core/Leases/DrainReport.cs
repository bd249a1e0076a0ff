namespace Nixl;

/// <summary>What <see cref="NixlAgent.DrainAsync"/> had to cut when the grace was over.</summary>
/// <param name="CutLeases">The leases that did not return.</param>
/// <param name="CutTransfers">The transfers that were in flight and were canceled, in words.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record DrainReport(IReadOnlyList<MemoryLease> CutLeases, IReadOnlyList<string> CutTransfers, TimeSpan Elapsed)
{
    /// <summary>Whether everything ended by itself.</summary>
    public bool IsClean => CutLeases.Count == 0 && CutTransfers.Count == 0;
}
