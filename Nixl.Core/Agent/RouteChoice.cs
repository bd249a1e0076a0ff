namespace Nixl.Agent;

/// <summary>Keeps the best of the plans that are offered in the order of the candidates.</summary>
/// <param name="byCost">Whether the cheaper plan wins instead of the first.</param>
internal struct RouteChoice(bool byCost)
{
    private TimeSpan _cost = TimeSpan.MaxValue;

    internal BackendInstance? Backend { get; private set; }

    internal TransferPlan? Plan { get; private set; }

    /// <summary>Takes the plan if it is better than what there is; true when no later candidate can be better.</summary>
    internal bool Offer(BackendInstance backend, TransferPlan plan)
    {
        var cost = byCost && RouteFinder.Estimate(backend, plan.Transfer) is { } known ? known.Duration : TimeSpan.MaxValue;
        if (Backend is null || cost < _cost)
        {
            (Backend, Plan, _cost) = (backend, plan, cost);
        }

        return !byCost;
    }
}
