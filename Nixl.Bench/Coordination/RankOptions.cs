using System.CommandLine;
using System.Globalization;

namespace Nixl.Bench.Coordination;

/// <summary>The options by which a command's processes find each other; the names of upstream's tool where it has them.</summary>
internal sealed class RankOptions
{
    // What the process that starts local ranks tells them.
    private const string RankName = "--rank";
    private const string RanksName = "--ranks";
    private const string AddressName = "--address";
    private const string LimitName = "--barrier_timeout";
    private const string LaunchedName = "--launched";
    private const string LocalName = "--local";
    private const string GroupName = "--benchmark_group";

    private readonly Option<int> _ranks;
    private int? _fixed;
    private readonly Option<int?> _rank = new(RankName) { Description = "This process's rank; without it whichever is free." };
    private readonly Option<string?> _address = new(AddressName) { Description = "host:port where rank 0 listens and the others connect." };
    private readonly Option<string?> _etcd = new("--etcd_endpoints") { Description = "etcd where the ranks meet: http://host:2379, several separated by commas." };
    private readonly Option<string> _group = new(GroupName)
    {
        Description = "Runs of different groups do not see each other.",
        DefaultValueFactory = static _ => RendezvousSettings.DefaultGroup,
    };

    private readonly Option<bool> _local = new(LocalName) { Arity = ArgumentArity.Zero, Description = "Start all ranks on this machine; so it is without an address and etcd." };
    private readonly Option<double> _limit = new(LimitName)
    {
        Description = "Seconds that ranks wait for each other, at the start and at each barrier.",
        DefaultValueFactory = static _ => 60,
    };

    private readonly Option<bool> _launched = new(LaunchedName) { Hidden = true, Arity = ArgumentArity.Zero };

    internal RankOptions(int ranks)
        => _ranks = new Option<int>(RanksName) { Description = "How many ranks the run has.", DefaultValueFactory = _ => ranks };

    /// <summary>For a run whose number of ranks something else decides.</summary>
    internal RankOptions For(int ranks)
    {
        _fixed = ranks;
        return this;
    }

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_ranks, _rank, _address, _etcd, _group, _local, _limit, _launched])
        {
            command.Add(option);
        }
    }

    /// <summary>The run to join; null when this process is to start the ranks of it.</summary>
    /// <exception cref="BenchmarkException">The options contradict each other.</exception>
    internal RendezvousSettings? Read(ParseResult parsed)
    {
        var isLocal = parsed.GetValue(_local);
        if (parsed.GetValue(_address) is null && parsed.GetValue(_etcd) is null)
        {
            return parsed.GetValue(_rank) is null
                ? null : throw new BenchmarkException("A rank needs an address or etcd endpoints where it finds the others.");
        }

        return isLocal
            ? throw new BenchmarkException("Local ranks meet by themselves: name no address and no etcd endpoints with --local.")
            : new RendezvousSettings
            {
                Count = Ranks(parsed),
                Rank = parsed.GetValue(_rank),
                Address = parsed.GetValue(_address),
                EtcdEndpoints = parsed.GetValue(_etcd),
                Group = parsed.GetValue(_group)!,
                Limit = Limit(parsed),
                IsLaunched = parsed.GetValue(_launched),
            }.Check();
    }

    /// <summary>How many ranks were asked for.</summary>
    /// <exception cref="BenchmarkException">Another number than there can be.</exception>
    internal int Ranks(ParseResult parsed)
        => _fixed is null || parsed.GetResult(_ranks) is not { Implicit: false } || parsed.GetValue(_ranks) == _fixed
            ? _fixed ?? parsed.GetValue(_ranks) : throw new BenchmarkException($"This run has {_fixed} ranks, not {parsed.GetValue(_ranks)}.");

    /// <summary>How long ranks wait for each other.</summary>
    internal TimeSpan Limit(ParseResult parsed)
        => parsed.GetValue(_limit) is var seconds && seconds is > 0 and <= 1e6
            ? TimeSpan.FromSeconds(seconds) : throw new BenchmarkException($"{LimitName} is above 0 and at most a million seconds.");

    /// <summary>The command line as it was given, without these options: for the processes that are started in its place.</summary>
    internal static IEnumerable<string> Others(ParseResult parsed)
    {
        var tokens = parsed.Tokens;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Value is RankName or RanksName or AddressName or LimitName or GroupName)
            {
                i++; // and its value
            }
            else if (tokens[i].Value is not (LocalName or LaunchedName))
            {
                yield return tokens[i].Value;
            }
        }
    }

    /// <summary>What tells a started process which rank it is. These options are added to those of the command line, where the same ones have been removed.</summary>
    internal static IEnumerable<string> OfLaunched(int rank, int ranks, string address, TimeSpan limit) =>
    [
        RanksName, ranks.ToString(CultureInfo.InvariantCulture),
        RankName, rank.ToString(CultureInfo.InvariantCulture),
        AddressName, address,
        LimitName, limit.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        LaunchedName,
    ];
}
