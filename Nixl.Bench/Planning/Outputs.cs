namespace Nixl.Bench.Planning;

/// <summary>The files that results are written to; null for none.</summary>
internal sealed record Outputs(FileInfo? Json, FileInfo? Csv, FileInfo? Html);
