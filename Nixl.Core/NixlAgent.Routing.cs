using Nixl.Agent;
using Nixl.Backends;

namespace Nixl;

/// <content>Questions: which backend, at what cost, and what a backend knows about memory.</content>
public sealed partial class NixlAgent
{
    /// <summary>Says for every backend why it serves <paramref name="transfer"/> or does not, as things are now: what was registered, loaded or invalidated
    /// since it was made is seen. Makes text: not for hot paths.</summary>
    /// <exception cref="ObjectDisposedException">The agent is disposed, or the transfer is and has been given back.</exception>
    public RouteExplanation Explain(Transfer transfer)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(transfer);
        return transfer.Core.Loop == _loop
            ? _explainer.Explain(transfer.Core)
            : throw new NixlException(NixlStatus.InvalidParam, "Explain", "the transfer belongs to another agent")
            {
                Agent = Name,
                Peer = transfer.RemoteAgent,
                Hint = "Ask the agent that made it.",
            };
    }

    /// <summary>Says for every backend whether it could serve a transfer of these lists, and which one would, without making it.</summary>
    /// <exception cref="NixlException">InvalidParam: the lists do not pair up. NotFound: the peer is unknown, or the options name a backend that the agent does
    /// not have. That no backend can serve it is an answer, not an exception.</exception>
    public RouteExplanation ExplainRoute(
        TransferOperation operation, DescriptorList local, DescriptorList remote, string remoteAgent, TransferOptions? options = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentException.ThrowIfNullOrEmpty(remoteAgent);
        return _explainer.Explain(operation, Query(local, remote, remoteAgent, "ExplainRoute"), remoteAgent, options ?? TransferOptions.Default);
    }

    /// <summary>Asks a backend what it knows about memory or storage, registered or not: whether a file or an object exists, its size, mode and time.</summary>
    /// <param name="backend">The backend to ask; upstream takes exactly one, too.</param>
    /// <param name="type">The memory type of the descriptors.</param>
    /// <param name="descriptors">What to look at, named as for a registration.</param>
    /// <param name="timeout">How long it may take; null for the agent's transfer timeout.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>For each descriptor its properties as upstream names them, or null when it does not exist.</returns>
    /// <exception cref="NixlException">NotFound: the agent has no such backend. NotSupported: the backend answers no such questions. TimedOut. Otherwise why the
    /// first descriptor that could not be looked at could not.</exception>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, string>?>> QueryMemoryAsync(
        string backend,
        MemoryType type,
        IReadOnlyList<RegistrationDescriptor> descriptors,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentException.ThrowIfNullOrEmpty(backend);
        ArgumentNullException.ThrowIfNull(descriptors);
        var instance = _backends.Get(backend, "QueryMemory");
        if (instance.Query is not { } query)
        {
            throw CannotQuery(instance, "it answers no questions about memory");
        }

        if (!instance.Capabilities.MemoryTypes.Includes(type))
        {
            throw CannotQuery(instance, $"it takes no {type} memory");
        }

        var limit = timeout ?? _settings.TransferTimeout;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(limit);
        IReadOnlyList<MemoryAnswer> answers;
        try
        {
            answers = await query.QueryMemAsync(type, descriptors, end.Token).WaitAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NixlException(NixlStatus.TimedOut, "QueryMemory", $"{descriptors.Count} descriptors were not looked at within {limit}")
            {
                Agent = Name,
                Backend = backend,
                Hint = "Ask for fewer at a time, or raise the timeout if the storage is merely slow.",
            };
        }

        return Properties(instance, descriptors, answers);
    }

    private List<IReadOnlyDictionary<string, string>?> Properties(
        BackendInstance instance, IReadOnlyList<RegistrationDescriptor> descriptors, IReadOnlyList<MemoryAnswer> answers)
    {
        if (answers.Count != descriptors.Count)
        {
            throw CannotQuery(instance, $"it gave {answers.Count} answers to {descriptors.Count} questions: a defect of the plugin");
        }

        var properties = new List<IReadOnlyDictionary<string, string>?>(answers.Count);
        foreach (var answer in answers)
        {
            properties.Add(answer.Status == NixlStatus.Success
                ? answer.Properties
                : throw instance.ToException(answer.Status, answer.Fault, "QueryMemory", Name, null, properties.Count));
        }

        return properties;
    }

    private NixlException CannotQuery(BackendInstance instance, string detail)
    {
        var able = string.Join(", ", _backends.Instances.Where(static candidate => candidate.Query is not null).Select(static candidate => candidate.Name));
        return new NixlException(NixlStatus.NotSupported, "QueryMemory", detail)
        {
            Agent = Name,
            Backend = instance.Name,
            Hint = $"Backends that answer: {(able.Length == 0 ? "none" : able)}.",
        };
    }
}
