namespace Nixl.Discovery;

/// <summary>What an agent's presence record says about it.</summary>
public enum PresenceState
{
    /// <summary>It is there for as long as the record is renewed.</summary>
    Present = 1,

    /// <summary>It left in good order.</summary>
    Left = 2,

    /// <summary>Somebody who may do so took it out; this incarnation does not come back by itself.</summary>
    Evicted = 3,

    /// <summary>It serves whom it knows, and takes no new peers.</summary>
    Draining = 4,
}
