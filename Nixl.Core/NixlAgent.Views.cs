using Nixl.Agent;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>Memory views, for transfers that code on a device starts.</content>
public sealed partial class NixlAgent
{
    private readonly MemoryViewMaker _views;

    /// <summary>Makes a view of this agent's own memory: what device code names by index as the local side of the transfers that it starts.</summary>
    /// <param name="local">The ranges; index i is range i.</param>
    /// <param name="backends">The backends to take from; null for all.</param>
    /// <param name="customParam">Free text for the engine.</param>
    /// <exception cref="NixlException">NotSupported: no backend of the agent lets a device start transfers, or it cannot here; the message says why. InvalidParam: the
    /// list is empty. NotFound: no such backend has every range.</exception>
    public MemoryView PrepareMemoryView(DescriptorList local, IReadOnlyList<string>? backends = null, string customParam = "")
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(customParam);
        return MakeView(local.Type, Array.ConvertAll(local.AsSpan().ToArray(), static range => new ViewRange(range, null)), backends, customParam);
    }

    /// <summary>Makes a view of peers' memory: what device code names by index as the remote side of the transfers that it starts. The ranges may belong to several
    /// peers; holes keep indices free.</summary>
    /// <param name="type">The memory type of every range.</param>
    /// <param name="remote">The ranges; index i is range i.</param>
    /// <param name="backends">The backends to take from; null for all.</param>
    /// <param name="customParam">Free text for the engine.</param>
    /// <exception cref="NixlException">NotSupported: no backend of the agent lets a device start transfers, or it cannot here; the message says why. InvalidParam: the
    /// list is empty, or holes are all there is. NotFound: a peer is unknown, or no such backend reaches every range.</exception>
    public MemoryView PrepareMemoryView(
        MemoryType type, IReadOnlyList<RemoteDescriptor> remote, IReadOnlyList<string>? backends = null, string customParam = "")
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(customParam);
        ViewRange[] entries = [.. remote.Select(entry => entry.Agent is { } peer
            ? new ViewRange(entry.Range, _remotes.Get(peer, "PrepareMemoryView")) : new ViewRange(default, null, IsHole: true))];
        return MakeView(type, entries, backends, customParam);
    }

    private MemoryView MakeView(MemoryType type, ViewRange[] entries, IReadOnlyList<string>? backends, string customParam)
    {
        if (Array.TrueForAll(entries, static entry => entry.IsHole))
        {
            throw new NixlException(NixlStatus.InvalidParam, "PrepareMemoryView", "the list names no range")
            {
                Agent = Name,
                Hint = "Name at least one range.",
            };
        }

        using var span = NixlSpan.Start(TelemetryNames.PrepareViewSpan, Name);
        span.Tag(TelemetryNames.MemoryTypeTag, type);
        span.Tag(TelemetryNames.DescriptorCountTag, entries.Length);
        try
        {
            return _views.Make(type, entries, backends, customParam);
        }
        catch (Exception failure) when (span.Fails(failure))
        {
            throw;
        }
    }
}
