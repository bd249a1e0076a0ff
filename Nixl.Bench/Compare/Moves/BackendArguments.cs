namespace Nixl.Bench.Compare.Moves;

/// <summary>The parameters of a backend as words of a line.</summary>
internal static class BackendArguments
{
    internal static Dictionary<string, string> Parse(IEnumerable<string> words)
        => words.Select(static word => word.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[^1]);

    internal static IEnumerable<string> Format(BackendSelection backend)
        => [backend.Name, .. (backend.Parameters ?? new Dictionary<string, string>()).Select(static pair => $"{pair.Key}={pair.Value}")];
}
