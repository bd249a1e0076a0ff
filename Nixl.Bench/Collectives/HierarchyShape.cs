namespace Nixl.Bench.Collectives;

/// <summary>How ranks are grouped: rank / <paramref name="GroupSize"/> is the group, and the first of each leads it.</summary>
/// <param name="Groups">How many groups.</param>
/// <param name="GroupSize">Ranks of a group.</param>
/// <param name="Inside">The backend within a group.</param>
/// <param name="Between">The backend among leaders.</param>
internal sealed record HierarchyShape(int Groups, int GroupSize, string Inside, string Between);
