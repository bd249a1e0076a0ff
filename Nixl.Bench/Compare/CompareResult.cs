using Nixl.Bench.Measurement;

namespace Nixl.Bench.Compare;

/// <summary>What one case gave.</summary>
internal sealed record CompareResult
{
    private const double BytesPerGigabyte = 1e9;

    /// <summary>What was done.</summary>
    public required string Case { get; init; }

    /// <summary>Our contender.</summary>
    public required string Ours { get; init; }

    /// <summary>The opponent.</summary>
    public required string Other { get; init; }

    /// <summary>Of both rates.</summary>
    public required string Unit { get; init; }

    /// <summary>Our rate.</summary>
    public required Distribution OurRate { get; init; }

    /// <summary>The opponent's rate.</summary>
    public required Distribution OtherRate { get; init; }

    /// <summary>Ours by the opponent's, round by round.</summary>
    public required Distribution Ratio { get; init; }

    /// <summary>Rounds.</summary>
    public required int Runs { get; init; }

    /// <summary>What our contender used; null where the suite does not know it.</summary>
    public ContenderCost? OurCost { get; init; }

    /// <summary>What the opponent used.</summary>
    public ContenderCost? OtherCost { get; init; }

    /// <summary>Whether the figures are shown only: the two do not do the same work.</summary>
    public bool IsOrientation { get; init; }

    /// <summary>Rates in GB/s from bytes per second.</summary>
    internal static Distribution InGigabytes(Distribution bytesPerSecond) => Scale(bytesPerSecond, 1 / BytesPerGigabyte);

    /// <summary>Rates from times in nanoseconds: <paramref name="amount"/> per operation.</summary>
    internal static Distribution RateOf(Distribution nanoseconds, double amount) => Invert(Scale(nanoseconds, 1 / amount));

    /// <summary>One by each value; what was greatest becomes least.</summary>
    internal static Distribution Invert(Distribution values) => new(1 / values.Median, 1 / values.P90, 1 / values.P10, 1 / values.Max, 1 / values.Min);

    /// <summary>The line of the JSON.</summary>
    internal CompareRow ToRow(string suite) => new(
        suite, $"{Case}: {Ours} / {Other}", OurRate.Median, OtherRate.Median, Unit, Ratio.Median, Runs, (Ratio.P90 - Ratio.P10) / Ratio.Median);

    private static Distribution Scale(Distribution values, double factor)
        => new(values.Median * factor, values.P10 * factor, values.P90 * factor, values.Min * factor, values.Max * factor);
}
