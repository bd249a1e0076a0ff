namespace Nixl.Agent;

/// <summary>Two engines that can serve a transfer one after the other, through host memory.</summary>
/// <param name="Near">Holds the local side and host memory.</param>
/// <param name="Far">Holds host memory and reaches the remote side.</param>
/// <param name="Local">The local side, resolved against the near engine.</param>
/// <param name="Remote">The remote side, resolved against the far engine.</param>
internal sealed record StagedMatch(BackendInstance Near, BackendInstance Far, ResolvedSide Local, ResolvedSide Remote)
{
    internal string Name => Staging.StagedRoute.NameOf(Near, Far);
}
