namespace Nixl.Discovery;

/// <summary>What an agent does with its store by itself.</summary>
public enum DiscoveryMode
{
    /// <summary>It publishes when told to, and loads the peers that it is asked for; from then on both are kept up to date.</summary>
    Manual = 0,

    /// <summary>It publishes from its start on, and loads every agent of the namespace.</summary>
    Automatic = 1,
}
