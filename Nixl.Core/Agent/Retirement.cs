using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Takes regions out of use: no new post may touch them, and what they hold is released when the last transfer over them is quiescent.</summary>
internal static class Retirement
{
    /// <summary>The transfers in flight over <paramref name="regions"/>.</summary>
    internal static List<TransferCore> InFlight(ProgressLoop loop, BackendRegion[] regions)
    {
        if (!loop.Transfers.Uses(regions))
        {
            return [];
        }

        var wanted = regions.ToHashSet();
        return loop.Transfers.ToList().FindAll(transfer => !transfer.IsQuiescent && Uses(transfer, wanted.Contains));
    }

    /// <summary>Whether nothing is in flight or being prepared over regions that are marked as retired; a transfer that comes later sees the marks. False may be
    /// wrong. The caller has put a full barrier behind the marks.</summary>
    internal static bool IsUnused(ProgressLoop loop, MemoryRegistration registration)
    {
        // Views count no users: there are few. A transfer enters the table, which counts it as a user, before its preparation ends.
        if (loop.Planning.HasPlanners || (!loop.Views.IsEmpty && loop.Views.Uses(registration.AllRegions)))
        {
            return false;
        }

        for (var i = 0; i < registration.PartCount; i++)
        {
            foreach (var region in registration.PartAt(i).Regions)
            {
                if (region.Users > 0)
                {
                    return false;
                }

                region.LoadedSelf?.Retire();
            }
        }

        return true;
    }

    /// <summary>The same for one region.</summary>
    internal static bool IsUnused(ProgressLoop loop, BackendMemory region)
    {
        if (loop.Planning.HasPlanners || region.Users > 0 || (!loop.Views.IsEmpty && loop.Views.Uses([region])))
        {
            return false;
        }

        region.LoadedSelf?.Retire();
        return true;
    }

    /// <summary>Retires <paramref name="regions"/> and runs <paramref name="release"/> as soon as nobody touches them: at once when nothing is in flight, else
    /// on the housekeeping.</summary>
    /// <returns>The transfers that were in flight; empty when the release has run.</returns>
    internal static IReadOnlyList<TransferCore> Begin(ProgressLoop loop, BackendRegion[] regions, NixlStatus reason, Action release)
    {
        foreach (var region in regions)
        {
            region.Retire();
        }

        loop.Planning.WaitForPlanners(); // they may have looked before the marks, and hand the memory to an engine

        // The table's lock orders this after the marks above: a transfer that enters later sees them (see TransferPlanner). The gate does so for views.
        if (!loop.Transfers.Uses(regions) && !loop.Views.Uses(regions))
        {
            release();
            return [];
        }

        var users = loop.Transfers.ToList().FindAll(static transfer => Uses(transfer, static region => region.IsRetired));
        foreach (var transfer in users)
        {
            transfer.Close(reason);
        }

        Interlocked.MemoryBarrier();
        var doomed = regions.ToHashSet();
        var inFlight = users.FindAll(transfer => !transfer.IsQuiescent && Uses(transfer, doomed.Contains));
        if (inFlight.Count == 0 && !loop.Views.Uses(doomed))
        {
            release();
            return [];
        }

        var waiting = inFlight.ToList();
        loop.Defer(() =>
        {
            waiting.RemoveAll(static transfer => transfer.IsQuiescent);
            if (waiting.Count > 0 || loop.Views.Uses(doomed))
            {
                return false;
            }

            release();
            return true;
        });
        return inFlight;
    }

    private static bool Uses(TransferCore transfer, Func<BackendRegion, bool> match)
    {
        foreach (var region in transfer.Regions)
        {
            if (match(region.Origin))
            {
                return true;
            }
        }

        return false;
    }
}
