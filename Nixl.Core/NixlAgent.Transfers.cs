using Nixl.Agent;

namespace Nixl;

/// <content>Transfers: from lists, from prepared sides, and in one step.</content>
public sealed partial class NixlAgent
{
    /// <summary>Prepares one side of future transfers: <see cref="LocalSide"/> for this agent's memory, its own name for the remote side of a transfer within
    /// itself, or a peer's name.</summary>
    /// <exception cref="NixlException">NotFound: the peer is unknown, or no backend has every descriptor; the message says why for each.</exception>
    public PreparedDescriptors PrepareDescriptors(string agentName, DescriptorList descriptors)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(agentName);
        ArgumentNullException.ThrowIfNull(descriptors);
        if (descriptors.Count == 0)
        {
            throw new NixlException(NixlStatus.InvalidParam, "PrepareDescriptors", "the list is empty")
            {
                Agent = Name,
                Peer = agentName,
                Hint = "Name at least one range.",
            };
        }

        var isOwn = agentName.Length == 0 || agentName == Name;
        var remote = isOwn ? null : _remotes.Get(agentName, "PrepareDescriptors");
        var copy = descriptors.AsSpan().ToArray();
        var sides = _planner.ResolveSide(descriptors.Type, copy, remote, asRemote: agentName.Length > 0, agentName, "PrepareDescriptors");
        return new PreparedDescriptors(this, agentName, descriptors.Type, copy, remote, sides);
    }

    /// <summary>Makes a transfer from two prepared sides: pair i joins descriptor <paramref name="localIndices"/>[i] with descriptor
    /// <paramref name="remoteIndices"/>[i].</summary>
    /// <exception cref="NixlException">InvalidParam: the sides are swapped, the index lists differ in length, an index lies outside, or the lengths of a pair
    /// differ. NotFound: no backend has both sides, or the peer was invalidated after the side was prepared.</exception>
    public Transfer MakeTransfer(
        TransferOperation operation,
        PreparedDescriptors local,
        ReadOnlySpan<int> localIndices,
        PreparedDescriptors remote,
        ReadOnlySpan<int> remoteIndices,
        TransferOptions? options = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(remote);
        CheckSide(local, isLocalSide: true);
        CheckSide(remote, isLocalSide: false);
        return MakeTraced(operation, local, localIndices, remote, remoteIndices, options ?? TransferOptions.Default);
    }

    /// <summary>Makes a transfer from two lists of equal length. Contiguous neighbours are merged unless the options say otherwise.</summary>
    /// <exception cref="NixlException">InvalidParam: the lists do not pair up. NotFound: the peer is unknown, or no backend has both sides; the message says why
    /// for each.</exception>
    public Transfer CreateTransfer(
        TransferOperation operation, DescriptorList local, DescriptorList remote, string remoteAgent, TransferOptions? options = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentException.ThrowIfNullOrEmpty(remoteAgent);
        return CreateTraced(operation, Query(local, remote, remoteAgent, "CreateTransfer"), remoteAgent, options ?? TransferOptions.Default);
    }

    /// <summary>Creates a transfer, posts it, waits for its end and releases it.</summary>
    /// <exception cref="NixlException">It could not be created, or it did not end with success.</exception>
    /// <exception cref="OperationCanceledException">The token canceled it.</exception>
    public async Task TransferAsync(
        TransferOperation operation,
        DescriptorList local,
        DescriptorList remote,
        string remoteAgent,
        TransferOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        using var transfer = CreateTransfer(operation, local, remote, remoteAgent, options);
        var status = await transfer.PostAsync(cancellationToken).ConfigureAwait(false);
        if (status == NixlStatus.Canceled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        transfer.ThrowIfFailed();
    }

    private RouteQuery Query(DescriptorList local, DescriptorList remote, string remoteAgent, string verb) => new(
        local.Type,
        local.AsSpan().ToArray(),
        remote.Type,
        remote.AsSpan().ToArray(),
        remoteAgent == Name ? null : _remotes.Get(remoteAgent, verb));

    private void CheckSide(PreparedDescriptors side, bool isLocalSide)
    {
        ObjectDisposedException.ThrowIf(side.IsDisposed, side);
        if (side.Agent != this || side.IsLocalSide != isLocalSide)
        {
            var problem = side.Agent != this ? "a side was prepared by another agent"
                : isLocalSide ? $"the local side was prepared for {side.AgentName}" : "the remote side was prepared as the local one";
            throw new NixlException(NixlStatus.InvalidParam, "MakeTransfer", problem)
            {
                Agent = Name,
                Peer = side.AgentName,
                Hint = "Prepare the local side with LocalSide and the remote side with the peer's name.",
            };
        }

        if (side.Remote is { IsGone: true })
        {
            throw new NixlException(NixlStatus.NotFound, "MakeTransfer", $"the side was prepared for an incarnation of {side.AgentName} that is gone")
            {
                Agent = Name,
                Peer = side.AgentName,
                Hint = "Load the peer's metadata again and prepare the side anew.",
            };
        }
    }
}
