using System.Runtime.InteropServices;
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
        return Prepare(agentName, descriptors.Type, SideList.CopyOf(descriptors.AsSpan()));
    }

    /// <summary>Prepares one side of future transfers from ranges at equal distances, such as the blocks of a cache. What it takes in time and memory does not
    /// depend on how many they are, as long as they lie in few regions. Indices run through all of them in order.</summary>
    /// <param name="agentName">Whose memory it is, as for <see cref="PrepareDescriptors(string, DescriptorList)"/>.</param>
    /// <param name="type">The memory type.</param>
    /// <param name="strided">The ranges; an entry of no ranges is passed over.</param>
    /// <exception cref="NixlException">InvalidParam: there is no range, there are more than an index can name, or one runs past the end of the address space.
    /// NotFound: the peer is unknown, or no backend has every range; the message says why for each.</exception>
    public PreparedDescriptors PrepareDescriptors(string agentName, MemoryType type, params ReadOnlySpan<StridedDescriptor> strided)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(agentName);
        var runs = new List<StridedDescriptor>(strided.Length);
        var count = 0L;
        for (var i = 0; i < strided.Length; i++)
        {
            if (!strided[i].IsValid)
            {
                throw CannotPrepare(agentName, $"{strided[i]} has a negative count or runs past the end of the address space", i);
            }

            count += strided[i].Count;
            if (strided[i].Count > 0)
            {
                runs.Add(strided[i]);
            }
        }

        return count <= Array.MaxLength
            ? Prepare(agentName, type, SideList.OfStrided(CollectionsMarshal.AsSpan(runs), (int)count))
            : throw CannotPrepare(agentName, $"{count} ranges are more than indices can name", -1);
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
        SideList.Over(local.AsMemory()),
        remote.Type,
        SideList.Over(remote.AsMemory()),
        remoteAgent == Name ? null : _remotes.Get(remoteAgent, verb));

    private PreparedDescriptors Prepare(string agentName, MemoryType type, SideList list)
    {
        if (list.Count == 0)
        {
            throw CannotPrepare(agentName, "the list is empty", -1);
        }

        var isOwn = agentName.Length == 0 || agentName == Name;
        var remote = isOwn ? null : _remotes.Get(agentName, "PrepareDescriptors");
        var sides = _planner.ResolveSide(type, list, remote, asRemote: agentName.Length > 0, agentName, "PrepareDescriptors");
        return new PreparedDescriptors(this, agentName, type, list, remote, sides);
    }

    private NixlException CannotPrepare(string agentName, string detail, int descriptor) => new(NixlStatus.InvalidParam, "PrepareDescriptors", detail)
    {
        Agent = Name,
        Peer = agentName,
        DescriptorIndex = descriptor,
        Hint = "Name at least one range, and ranges that end within the 64-bit address space.",
    };

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
