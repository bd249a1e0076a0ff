namespace Nixl.Agent;

/// <summary>A run that lies in one region as a whole.</summary>
/// <param name="Run">The run.</param>
/// <param name="Region">Index into <see cref="ResolvedSide.Regions"/>.</param>
internal readonly record struct ResolvedRun(DescriptorRun Run, int Region);
