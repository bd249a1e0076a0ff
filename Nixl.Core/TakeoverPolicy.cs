namespace Nixl;

/// <summary>What happens when metadata of another incarnation arrives for a peer whose name is known.</summary>
public enum TakeoverPolicy
{
    /// <summary>Accepted when the old peer has failed or left, or when it comes from where the old metadata came from; otherwise refused.</summary>
    Safe = 0,

    /// <summary>Always accepted.</summary>
    Always = 1,

    /// <summary>Never accepted; the old peer must be invalidated first.</summary>
    Never = 2,
}
