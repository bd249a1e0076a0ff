using Nixl.Bench.Measurement;

namespace Nixl.Bench.Comparison;

/// <summary>Where the two sides run.</summary>
/// <param name="Client">The processor of whichever client's turn it is: its measuring thread, not the agent's own.</param>
/// <param name="Target">The processor of the target process.</param>
internal sealed record ProcessorPair(int Client, int Target)
{
    /// <summary>Reads <c>auto</c> (the first two processors; none on a machine with one), <c>off</c> or <c>CLIENT,TARGET</c>.</summary>
    /// <returns>Null to leave the placement to the scheduler.</returns>
    /// <exception cref="BenchmarkException">It is none of them.</exception>
    internal static ProcessorPair? Parse(string text)
    {
        var allowed = Placement.Allowed();
        if (text == "off" || (text == "auto" && allowed.Count < 2))
        {
            return null;
        }

        var words = text.Split(',');
        return text == "auto" ? new ProcessorPair(allowed[0], allowed[1])
            : words.Length == 2 && int.TryParse(words[0], out var client) && int.TryParse(words[1], out var target)
                && allowed.Contains(client) && allowed.Contains(target)
            ? new ProcessorPair(client, target)
            : throw new BenchmarkException($"'{text}' is no placement: write auto, off, or two of the processors {string.Join(' ', allowed)} as CLIENT,TARGET.");
    }
}
