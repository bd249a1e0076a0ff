namespace Nixl.Bench.Transfers;

/// <summary>The files that are read and written.</summary>
/// <param name="Paths">One path per file.</param>
/// <param name="IsDirect">Whether the page cache is bypassed (<c>O_DIRECT</c>).</param>
/// <param name="MayOverwrite">Whether files that were there before may be written to.</param>
/// <param name="KeepsFiles">Whether files that this run made stay behind.</param>
internal sealed record FilePlan(IReadOnlyList<string> Paths, bool IsDirect, bool MayOverwrite, bool KeepsFiles);
