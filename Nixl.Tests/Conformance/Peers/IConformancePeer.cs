using System.Net;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>The agent on the other side, as far as the suites need it: of this process, or of another one. It gives no engine away, so that a suite that is written against
/// it says the same of both.</summary>
/// <remarks>Thread-safe, as an agent is. What the agent refuses is a <see cref="NixlException"/> with its status, wherever it lives.</remarks>
internal interface IConformancePeer : IDisposable
{
    string Name { get; }

    /// <summary>Where it listens; only of one that was opened to listen.</summary>
    IPEndPoint ListenEndPoint { get; }

    /// <summary>Memory of its process, not registered yet.</summary>
    GuardedBuffer Allocate(int length);

    /// <summary>Registers a buffer of its own.</summary>
    void Register(GuardedBuffer buffer);

    /// <summary>Takes back what <see cref="Register(GuardedBuffer)"/> did.</summary>
    void Deregister(GuardedBuffer buffer);

    /// <summary>Registers ranges of its buffers until the result is disposed.</summary>
    IDisposable Register(DescriptorList descriptors);

    byte[] GetLocalMetadata();

    string LoadRemoteMetadata(ReadOnlyMemory<byte> metadata);

    bool CheckRemoteMetadata(string agent, DescriptorList? descriptors = null);

    Task WaitForPeerAsync(string agent);

    Task SendLocalMetadataAsync(IPEndPoint listener);

    void SendNotification(string agent, ReadOnlySpan<byte> message);

    bool TryGetNotification(out Notification notification);

    /// <summary>As <see cref="TryGetNotification(out Notification)"/>, and the peer itself looks at a buffer of its own in the same moment.</summary>
    /// <param name="watched">The buffer.</param>
    /// <param name="expected">What every byte of it must be.</param>
    /// <param name="notification">What came.</param>
    /// <param name="last">The place of the last byte that is another one; -1 for none.</param>
    bool TryGetNotification(GuardedBuffer watched, byte expected, out Notification notification, out int last);

    /// <summary>Waits for one message.</summary>
    /// <param name="wanted">Which one.</param>
    /// <param name="limit">How long; null for the transfer timeout of the agent.</param>
    /// <param name="cancellation">Ends the wait; what the peer took before it heard of that is the result all the same.</param>
    Task<Notification> WaitForNotificationAsync(WantedMessage wanted, TimeSpan? limit = null, CancellationToken cancellation = default);

    IPeerLease Lease(DescriptorList descriptors, string agent, string tag, TimeSpan limit);

    /// <summary>Leases that have not ended.</summary>
    int CountLeases();

    /// <summary>Checks what must hold of every agent whatever a test did, also when it has ended.</summary>
    void RequireOrder();
}
