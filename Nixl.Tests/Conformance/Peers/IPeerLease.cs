namespace Nixl.Tests.Conformance.Peers;

/// <summary>A lease that a peer gave.</summary>
internal interface IPeerLease : IDisposable
{
    /// <summary>Whether the agent lists it.</summary>
    bool IsListed { get; }

    Task<LeaseEnd> EndedAsync();
}
