namespace Nixl.Bench.Comparison;

/// <summary>The circumstances of one comparison, the same for both programs.</summary>
/// <param name="Transports">UCX_TLS.</param>
/// <param name="ErrorHandling">The endpoints' error handling mode.</param>
/// <param name="Library">The release of libucp.</param>
/// <param name="Lanes">The transports that libucp chose, as the agent sees them.</param>
/// <param name="ReferenceLanes">The same for the C program.</param>
/// <param name="Settings">libucp settings, names without <c>UCX_</c>.</param>
internal sealed record ComparisonSetup(
    string Transports, string ErrorHandling, string Library, string Lanes, string ReferenceLanes, IReadOnlyDictionary<string, string> Settings);
