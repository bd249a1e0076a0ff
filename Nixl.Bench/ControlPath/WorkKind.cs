namespace Nixl.Bench.ControlPath;

/// <summary>What is repeated.</summary>
internal enum WorkKind
{
    /// <summary>A transfer from two lists, and its release.</summary>
    Create,

    /// <summary>One side of future transfers, and its release.</summary>
    Prepare,

    /// <summary>A transfer from two prepared sides and indices, and its release.</summary>
    Make,

    /// <summary>Ranges registered in one call.</summary>
    RegisterAtOnce,

    /// <summary>Ranges registered by a call each.</summary>
    RegisterEach,

    /// <summary>Ranges deregistered by a call each.</summary>
    DeregisterEach,

    /// <summary>The metadata of an agent with so many regions.</summary>
    Export,

    /// <summary>A peer's metadata loaded, its regions prepared, and a first transfer over all of them made.</summary>
    Load,
}
