using System.Net;
using Nixl.Metadata;

namespace Nixl.Discovery;

/// <summary>The exchange with one agent's listener. It holds that agent's metadata and nobody else's, so labels mean nothing and publishing means handing over.</summary>
internal sealed class DirectExchange(DirectMetadataClient client, EndPoint listener) : IMetadataExchange
{
    public string Endpoint => DirectSockets.Describe(listener);

    /// <summary>Completes when the bytes were handed to the network: the protocol has no answer.</summary>
    public Task PublishAsync(MetadataPublication publication, CancellationToken cancellationToken) => client.SendAsync(listener, publication.Blob, cancellationToken);

    /// <summary>Whatever the listener has: it has one agent's.</summary>
    public async Task<ReadOnlyMemory<byte>?> FetchAsync(string agent, string label, CancellationToken cancellationToken)
        => await FetchAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The metadata of the agent that listens there.</summary>
    internal Task<ReadOnlyMemory<byte>> FetchAsync(CancellationToken cancellationToken) => client.FetchAsync(listener, cancellationToken);

    public Task InvalidateAsync(string agent, CancellationToken cancellationToken) => client.InvalidateAsync(listener, agent, cancellationToken);

    /// <summary>Nothing: the client belongs to the agent.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
