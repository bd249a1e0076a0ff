namespace Nixl.Bench.Compare;

/// <summary>One line of <c>--json</c>: exactly these fields, so that a script can rely on them.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Case">What was done, by which of ours, against which of the others.</param>
/// <param name="Ours">Our rate, the median of the rounds.</param>
/// <param name="Other">The other's rate, the median of the rounds.</param>
/// <param name="Unit">Of both; always a rate, so that more is better.</param>
/// <param name="Ratio">Ours by the other's, the median of the rounds' ratios: above 1 ours is faster.</param>
/// <param name="Runs">Rounds in which both ran, in turn.</param>
/// <param name="Spread">How far the rounds' ratios lie apart: the 90th percentile less the 10th, as a share of the median.</param>
internal sealed record CompareRow(string Suite, string Case, double Ours, double Other, string Unit, double Ratio, int Runs, double Spread);
