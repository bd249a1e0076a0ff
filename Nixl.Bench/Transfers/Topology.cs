namespace Nixl.Bench.Transfers;

/// <summary>Which process has which devices, and which devices form pairs. Follows from the plan alone, so all ranks agree on it.</summary>
internal sealed class Topology
{
    private readonly int _firstInitiator;
    private readonly int _firstTarget;

    /// <exception cref="BenchmarkException">The scheme does not fit the numbers of devices.</exception>
    internal Topology(TransferPlan plan)
    {
        var hasOneEach = plan.Mode == DeviceMode.OnePerProcess;
        HasTargets = plan.Store == StoreKind.Peer;
        InitiatorRanks = HasTargets && hasOneEach ? plan.InitiatorDevices : 1;
        TargetRanks = !HasTargets ? 0 : hasOneEach ? plan.TargetDevices : 1;
        (_firstInitiator, _firstTarget) = plan.TargetsFirst ? (TargetRanks, 0) : (0, InitiatorRanks);
        Pairs = [.. Match(plan, HasTargets ? plan.TargetDevices : plan.InitiatorDevices).Select((match, number) => new DevicePair(
            number,
            PlaceOf(match.Initiator, InitiatorRanks, _firstInitiator, match.InitiatorShare),
            HasTargets ? PlaceOf(match.Target, TargetRanks, _firstTarget, match.TargetShare) : new Place(0, match.Target, match.Target, match.TargetShare)))];
        NearShares = 1 + Pairs.Max(static pair => pair.Near.Share);
        FarShares = 1 + Pairs.Max(static pair => pair.Far.Share);
    }

    /// <summary>Whether the far side is other processes.</summary>
    internal bool HasTargets { get; }

    internal int InitiatorRanks { get; }

    internal int TargetRanks { get; }

    /// <summary>How many processes the run has.</summary>
    internal int Ranks => InitiatorRanks + TargetRanks;

    /// <summary>The rank that gathers the results and reports: the first initiator.</summary>
    internal int Reporter => _firstInitiator;

    /// <summary>All pairs of devices.</summary>
    internal IReadOnlyList<DevicePair> Pairs { get; }

    /// <summary>Into how many shares each initiator's device is divided.</summary>
    internal int NearShares { get; }

    /// <summary>Into how many shares each target's device is divided.</summary>
    internal int FarShares { get; }

    internal bool IsInitiator(int rank) => rank >= _firstInitiator && rank < _firstInitiator + InitiatorRanks;

    /// <summary>A rank's number among those of its side.</summary>
    internal int NumberOf(int rank) => rank - (IsInitiator(rank) ? _firstInitiator : _firstTarget);

    /// <summary>What a rank is called in messages.</summary>
    internal string NameOf(int rank) => !HasTargets ? "initiator" : $"{(IsInitiator(rank) ? "initiator" : "target")} {NumberOf(rank)}";

    /// <summary>How many devices a rank has.</summary>
    internal int DevicesOf(int rank) => Pairs
        .SelectMany(static pair => new[] { pair.Near, pair.Far }).Where(place => place.Rank == rank).Select(static place => place.Device).DefaultIfEmpty(-1).Max() + 1;

    private static Place PlaceOf(int number, int ranks, int first, int share) => ranks == 1
        ? new Place(first, number, number, share) : new Place(first + number, 0, number, share);

    private static IEnumerable<(int Initiator, int InitiatorShare, int Target, int TargetShare)> Match(TransferPlan plan, int targets)
    {
        var initiators = plan.InitiatorDevices;
        var fits = plan.Scheme switch
        {
            Scheme.Pairwise => initiators == targets,
            Scheme.ManyToOne => targets == 1,
            Scheme.OneToMany => initiators == 1,
            _ => initiators % targets == 0 || targets % initiators == 0,
        };
        if (!fits)
        {
            throw new BenchmarkException($"{initiators} initiators and {targets} targets do not fit the scheme {NameOf(plan.Scheme)}: {RuleOf(plan.Scheme)}.");
        }

        var more = Math.Max(initiators, targets);
        return Enumerable.Range(0, more).Select(i => (
            Initiator: i * initiators / more,
            InitiatorShare: i % (more / initiators),
            Target: i * targets / more,
            TargetShare: i % (more / targets)));
    }

    private static string NameOf(Scheme scheme) => scheme == Scheme.TensorParallel ? "tp" : scheme.ToString().ToLowerInvariant();

    private static string RuleOf(Scheme scheme) => scheme switch
    {
        Scheme.Pairwise => "there must be as many of one as of the other",
        Scheme.ManyToOne => "there must be one target",
        Scheme.OneToMany => "there must be one initiator",
        _ => "one number must be a multiple of the other",
    };
}
