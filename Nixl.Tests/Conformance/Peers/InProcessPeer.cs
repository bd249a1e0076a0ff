using System.Net;
using FluentAssertions;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>An agent of this process.</summary>
/// <param name="agent">The agent; disposed with this object.</param>
/// <param name="watch">What it does against the contract, as far as its engine watches that.</param>
internal sealed class InProcessPeer(NixlAgent agent, IReadOnlyCollection<string> watch) : IConformancePeer
{
    public string Name => agent.Name;

    public IPEndPoint ListenEndPoint => agent.ListenEndPoint!;

    internal NixlAgent Agent => agent;

    public GuardedBuffer Allocate(int length) => new LocalBuffer(agent, length);

    public void Register(GuardedBuffer buffer)
        => ((LocalBuffer)buffer).Registration = agent.Register(new DescriptorList(MemoryType.Dram, [buffer.Descriptor]));

    public void Deregister(GuardedBuffer buffer) => agent.Deregister(((LocalBuffer)buffer).Registration!);

    public IDisposable Register(DescriptorList descriptors) => agent.Register(descriptors);

    public byte[] GetLocalMetadata() => agent.GetLocalMetadata();

    public string LoadRemoteMetadata(ReadOnlyMemory<byte> metadata) => agent.LoadRemoteMetadata(metadata);

    public bool CheckRemoteMetadata(string name, DescriptorList? descriptors) => agent.CheckRemoteMetadata(name, descriptors);

    public Task WaitForPeerAsync(string name) => agent.WaitForPeerAsync(name);

    public Task SendLocalMetadataAsync(IPEndPoint listener) => agent.SendLocalMetadataAsync(listener);

    public void SendNotification(string name, ReadOnlySpan<byte> message) => agent.SendNotification(name, message);

    public bool TryGetNotification(out Notification notification) => agent.TryGetNotification(out notification);

    public bool TryGetNotification(GuardedBuffer watched, byte expected, out Notification notification, out int last)
    {
        // From the end: the last bytes are the last to come.
        var isThere = agent.TryGetNotification(out notification);
        last = isThere ? watched.Bytes.LastIndexOfAnyExcept(expected) : -1;
        return isThere;
    }

    public Task<Notification> WaitForNotificationAsync(WantedMessage wanted, TimeSpan? limit, CancellationToken cancellation)
        => agent.WaitForNotificationAsync(wanted.ToFilter(), limit, cancellation).AsTask();

    public IPeerLease Lease(DescriptorList descriptors, string name, string tag, TimeSpan limit) => new Given(agent, agent.Lease(descriptors, name, tag, limit));

    public int CountLeases() => agent.Leases.Count;

    public void RequireOrder()
    {
        watch.Should().BeEmpty("{0} keeps the contract", Name);
        agent.RefusedCompletions.Should().Be(0, "engines end each post once, under its number");
    }

    public void Dispose() => agent.Dispose();

    private sealed class Given(NixlAgent agent, MemoryLease lease) : IPeerLease
    {
        public bool IsListed => agent.Leases.Contains(lease);

        public Task<LeaseEnd> EndedAsync() => lease.Ended;

        public void Dispose() => lease.Dispose();
    }
}
