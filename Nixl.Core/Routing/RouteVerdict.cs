namespace Nixl;

/// <summary>What became of one backend when a route was chosen.</summary>
public enum RouteVerdict
{
    /// <summary>It cannot serve the transfer.</summary>
    Unable = 0,

    /// <summary>It was not asked: the caller's list does not name it, or it is a staged route and none is allowed.</summary>
    NotAsked = 1,

    /// <summary>It could serve the transfer, but another comes before it.</summary>
    Possible = 2,

    /// <summary>It serves the transfer, or would.</summary>
    Chosen = 3,
}
