namespace Nixl.Bench.ControlPath;

/// <summary>One kind of work on one set of data.</summary>
/// <param name="Kind">What is repeated.</param>
/// <param name="Count">Descriptors of a side, or regions that are registered.</param>
/// <param name="Regions">Registered regions over which a side's descriptors are spread.</param>
/// <param name="IsShuffled">Whether descriptors or indices come in random order; otherwise in ascending order.</param>
/// <param name="Spacing">How the blocks lie.</param>
/// <param name="Bar">The greatest ratio to the reference that is good enough.</param>
internal sealed record ControlCase(WorkKind Kind, int Count, int Regions, bool IsShuffled, Spacing Spacing, double Bar)
{
    private const double PlanningBar = 1.5;
    private const double RegisteringBar = 1.2;
    private const double MetadataBar = 1.0;

    /// <summary>The work in words, without the numbers.</summary>
    public string Title => Kind switch
    {
        WorkKind.Create => IsShuffled ? "create, scattered" : "create, in order",
        WorkKind.Prepare => "prepare, equally spaced",
        WorkKind.Make when !IsShuffled => "make, consecutive",
        WorkKind.Make => Spacing == Spacing.Irregular ? "make, scattered, irregular" : "make, scattered",
        WorkKind.RegisterAtOnce => "register at once",
        WorkKind.RegisterEach => "register one by one",
        WorkKind.DeregisterEach => "deregister one by one",
        WorkKind.Export => "export metadata",
        _ => "load + first make over all",
    };

    /// <summary>What the reference is asked to open.</summary>
    internal string Request => $"{Verb} {Count} {Regions} {(IsShuffled ? "shuffled" : "ascending")} {Spacing.ToString().ToLowerInvariant()}";

    private string Verb => Kind switch
    {
        WorkKind.RegisterAtOnce or WorkKind.RegisterEach => "register",
        WorkKind.DeregisterEach => "deregister",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    /// <summary>Planning transfers: the agent's own work.</summary>
    internal static IEnumerable<ControlCase> Planning(ControlPlan plan)
    {
        foreach (var regions in plan.Regions)
        {
            foreach (var isShuffled in new[] { false, true })
            {
                foreach (var count in plan.Descriptors)
                {
                    yield return new ControlCase(WorkKind.Create, count, regions, isShuffled, Spacing.Gaps, PlanningBar);
                }
            }
        }

        foreach (var count in plan.Descriptors)
        {
            yield return new ControlCase(WorkKind.Prepare, count, 1, false, Spacing.Contiguous, PlanningBar);
        }

        foreach (var spacing in new[] { Spacing.Contiguous, Spacing.Irregular })
        {
            foreach (var count in plan.Descriptors)
            {
                yield return new ControlCase(WorkKind.Make, count, 1, true, spacing, PlanningBar);
            }
        }

        foreach (var count in plan.Consecutive)
        {
            yield return new ControlCase(WorkKind.Make, count, 1, false, Spacing.Contiguous, PlanningBar);
        }
    }

    /// <summary>Registering and exchanging metadata: libucp's work and the agent's.</summary>
    internal static IEnumerable<ControlCase> Registering(ControlPlan plan)
    {
        foreach (var kind in new[] { WorkKind.RegisterAtOnce, WorkKind.RegisterEach, WorkKind.DeregisterEach })
        {
            foreach (var count in plan.Registrations)
            {
                yield return new ControlCase(kind, count, count, false, Spacing.Gaps, RegisteringBar);
            }
        }

        foreach (var kind in new[] { WorkKind.Export, WorkKind.Load })
        {
            foreach (var count in plan.Registrations)
            {
                yield return new ControlCase(kind, count, count, false, Spacing.Gaps, MetadataBar);
            }
        }
    }
}
