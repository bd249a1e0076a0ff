namespace Nixl.Bench.Micro;

/// <summary>Two operations beside each other, or one at two sizes.</summary>
/// <param name="Name">What is divided by what.</param>
/// <param name="Value">The ratio of the median times.</param>
/// <param name="Aim">What is aimed at, in words; null for a figure that is only reported.</param>
/// <param name="Upstream">What is known of upstream, and from where.</param>
internal sealed record MicroRatio(string Name, double Value, string? Aim, string? Upstream)
{
    /// <summary>Of two operations that were measured; nothing where one was not.</summary>
    internal static IEnumerable<MicroRatio> Of(IReadOnlyList<MicroResult> results, string name, string numerator, string denominator, string? aim, string? upstream)
    {
        var (above, below) = (results.FirstOrDefault(result => result.Operation == numerator), results.FirstOrDefault(result => result.Operation == denominator));
        return above is null || below is null ? [] : [new MicroRatio(name, above.Nanoseconds / below.Nanoseconds, aim, upstream)];
    }
}
