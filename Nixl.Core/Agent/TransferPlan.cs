using System.Buffers;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>What the planner worked out for one transfer, kept for its whole life.</summary>
/// <param name="Transfer">What the engine was given.</param>
/// <param name="Regions">The distinct regions of both sides that the segments touch.</param>
/// <param name="Remote">The peer; null for a transfer within the agent.</param>
/// <param name="FirstDescriptors">For each segment the index of its first descriptor in the caller's list; null where nothing was merged.</param>
internal sealed record TransferPlan(BackendTransfer Transfer, BackendRegion[] Regions, RemoteAgent? Remote, int[]? FirstDescriptors)
{
    /// <summary>The array behind the segments where it is the pool's, else null.</summary>
    internal TransferSegment[]? RentedSegments { get; init; }

    /// <summary>Gives the segments back to the pool. The engine has released the request; nobody reads them any more.</summary>
    internal void ReturnSegments()
    {
        if (RentedSegments is { } rented)
        {
            ArrayPool<TransferSegment>.Shared.Return(rented);
        }
    }

    /// <summary>Translates an engine's segment index into an index of the caller's list; -1 stays -1.</summary>
    internal int DescriptorOf(int segmentIndex)
        => FirstDescriptors is null || (uint)segmentIndex >= (uint)FirstDescriptors.Length ? segmentIndex : FirstDescriptors[segmentIndex];
}
