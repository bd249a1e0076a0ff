namespace Nixl.Discovery;

/// <summary>A way on which metadata travels from agent to agent: a store that all can reach, or the listener of one of them.</summary>
/// <remarks>All members are thread-safe, end within a deadline of their own, and fail with <see cref="NixlException"/>: operation, endpoint, the native text and
/// what to do. Cancelling gives <see cref="OperationCanceledException"/>. Bytes that come back are unchecked.</remarks>
public interface IMetadataExchange : IAsyncDisposable
{
    /// <summary>Whom it talks to, for people: without user names, passwords or keys.</summary>
    string Endpoint { get; }

    /// <summary>Makes metadata known, in place of what was published before under the same agent and label.</summary>
    /// <exception cref="NixlException">NotAllowed: the other side takes no value of this size; nothing of it is left there.</exception>
    Task PublishAsync(MetadataPublication publication, CancellationToken cancellationToken);

    /// <summary>The metadata that an agent has published; null when there is none.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="label">Which of its blobs; <see cref="MetadataPublication.FullLabel"/> for all it exposes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task<ReadOnlyMemory<byte>?> FetchAsync(string agent, string label, CancellationToken cancellationToken);

    /// <summary>Takes back everything that was published for an agent; whoever loaded it is told, where the way allows that.</summary>
    Task InvalidateAsync(string agent, CancellationToken cancellationToken);
}
