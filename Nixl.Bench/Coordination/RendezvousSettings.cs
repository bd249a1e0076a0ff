namespace Nixl.Bench.Coordination;

/// <summary>Which run to join, and where.</summary>
internal sealed record RendezvousSettings
{
    /// <summary>The group when none is named: upstream's.</summary>
    internal const string DefaultGroup = "default";

    /// <summary>How many ranks the run has.</summary>
    internal required int Count { get; init; }

    /// <summary>This process's rank; null for whichever is free. The rank 0 of an address is who listens there.</summary>
    internal int? Rank { get; init; }

    /// <summary>Runs of different groups do not see each other.</summary>
    internal string Group { get; init; } = DefaultGroup;

    /// <summary><c>host:port</c> where rank 0 listens; null when the ranks meet in etcd.</summary>
    internal string? Address { get; init; }

    /// <summary><c>http://host:2379</c>, several separated by commas; null when the ranks meet at an address.</summary>
    internal string? EtcdEndpoints { get; init; }

    /// <summary>How long ranks wait for each other, at the start and at every barrier. Upstream's barrier waits for 60 s.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether the process that started this rank listens at the address, instead of rank 0.</summary>
    internal bool IsLaunched { get; init; }

    /// <summary>Who listens at the address, for messages.</summary>
    internal string HubName => IsLaunched ? "The process that started the ranks" : "Rank 0";

    /// <exception cref="BenchmarkException">Says which setting cannot be.</exception>
    internal RendezvousSettings Check()
    {
        if (Count is < 1 or > RendezvousLimits.RanksMax)
        {
            throw new BenchmarkException($"A run has 1 to {RendezvousLimits.RanksMax} ranks, not {Count}.");
        }

        if (Rank is { } rank && (rank < 0 || rank >= Count))
        {
            throw new BenchmarkException($"Rank {rank} is none of a run of {Count}: ranks count from 0.");
        }

        if (!Names.IsGood(Group))
        {
            throw new BenchmarkException("A benchmark group is 1 to 64 letters, digits, '-', '_' or '.'.");
        }

        if (Limit <= TimeSpan.Zero || Limit.TotalMilliseconds > int.MaxValue)
        {
            throw new BenchmarkException("The time that ranks wait for each other is above 0 and below 24 days.");
        }

        return (Address is null) == (EtcdEndpoints is null)
            ? throw new BenchmarkException("Name either the address of rank 0 or etcd endpoints.")
            : this;
    }
}
