namespace Nixl.Bench.ControlPath;

/// <summary>How the time of one work grows with its count.</summary>
/// <param name="Transports">UCX_TLS; null for work that needs no transport.</param>
/// <param name="Title">The work.</param>
/// <param name="Regions">Regions of a side; null where they are what is counted.</param>
/// <param name="From">The smallest count.</param>
/// <param name="To">The greatest count.</param>
/// <param name="Agent">The agent's median time at the greatest count, divided by that at the smallest.</param>
/// <param name="Reference">The same of the reference; null where it does not do such work.</param>
internal sealed record ControlGrowth(string? Transports, string Title, int? Regions, int From, int To, double Agent, double? Reference)
{
    // The bar is "at most 12 times from 10,000 to 100,000 descriptors".
    private const double SlackOfTenfold = 1.2;

    /// <summary>The greatest growth that is good enough.</summary>
    public double Bar => SlackOfTenfold * To / From;

    public bool IsMet => Agent <= Bar;

    /// <summary>Of every work that was measured with two counts or more.</summary>
    internal static IEnumerable<ControlGrowth> Of(IEnumerable<ControlResult> results)
        => from result in results
           let one = result.Case
           group result by (result.Transports, one.Title, Regions: one.Regions == one.Count ? (int?)null : one.Regions) into counts
           let first = counts.MinBy(static result => result.Case.Count)
           let last = counts.MaxBy(static result => result.Case.Count)
           where first != last
           select new ControlGrowth(
               counts.Key.Transports,
               counts.Key.Title,
               counts.Key.Regions,
               first.Case.Count,
               last.Case.Count,
               last.Agent.Median / first.Agent.Median,
               last.Reference?.Median / first.Reference?.Median);
}
