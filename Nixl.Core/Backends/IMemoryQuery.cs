namespace Nixl.Backends;

/// <summary>An engine that can tell about memory or storage, registered or not: whether a file or object exists, and how large it is. Upstream's
/// <c>queryMem</c>.</summary>
public interface IMemoryQuery
{
    /// <summary>Looks at every descriptor, side by side where that is faster. Storage is named by <see cref="RegistrationDescriptor.MetaInfo"/> as for a
    /// registration; nothing is opened for longer than the query, and nothing is created.</summary>
    /// <returns>One answer for each descriptor, in order.</returns>
    /// <remarks>Any thread. The token ends the query with <see cref="OperationCanceledException"/>; otherwise it does not throw.</remarks>
    Task<IReadOnlyList<MemoryAnswer>> QueryMemAsync(
        MemoryType type, IReadOnlyList<RegistrationDescriptor> descriptors, CancellationToken cancellationToken);
}

/// <summary>What an engine knows about one descriptor.</summary>
/// <param name="Status">Success, also when it does not exist; or why it could not be looked at.</param>
/// <param name="Properties">What there is to know, as upstream names it: <c>size</c>, <c>mode</c> and <c>mtime</c> for a file, nothing or <c>size</c>,
/// <c>mtime</c> and <c>etag</c> for an object that exists; null when it does not exist.</param>
/// <param name="Fault">Why it could not be looked at.</param>
public readonly record struct MemoryAnswer(NixlStatus Status, IReadOnlyDictionary<string, string>? Properties, BackendFault Fault = default);
