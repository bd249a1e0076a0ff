using System.CommandLine;
using System.CommandLine.Parsing;
using Nixl.Bench.Collectives;
using Nixl.Bench.Coordination;
using Nixl.Bench.Options;

namespace Nixl.Bench.Commands;

/// <summary>The options that the collective commands share, spelled as in the seeds' scripts.</summary>
internal sealed class CollectiveOptions
{
    private const long SizeMax = 1L << 30;

    private readonly Option<long[]> _sizes = new("--buffer_sizes")
    {
        Description = "Bytes that each rank contributes: 4KB,64KB,1MB; up to 1GB.",
        CustomParser = ParseSizes,
        DefaultValueFactory = static _ => [8, 4 << 10, 64 << 10, 1 << 20, 16 << 20],
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<ElementKind> _element = new("--data_type") { Description = "What is summed: float32, int32 or float64.", DefaultValueFactory = static _ => ElementKind.Float32 };
    private readonly Option<int> _iterations = new("--iterations", "--num_iter") { Description = "Operations per measurement.", DefaultValueFactory = static _ => 100 };
    private readonly Option<int> _warmup = new("--warmup_iter") { Description = "Operations before it.", DefaultValueFactory = static _ => 20 };
    private readonly Option<string> _transports = new("--transports") { Description = "What UCX may use (UCX_TLS); empty for all it has.", DefaultValueFactory = static _ => "tcp" };
    private readonly Option<string> _devices = new("--device_list") { Description = "What UCX may use of the network (UCX_NET_DEVICES); empty for all.", DefaultValueFactory = static _ => "" };

    internal Option<FileInfo?> Json { get; } = CommonOptions.Json();

    internal RankOptions Ranks { get; } = new(4);

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_sizes, _element, _iterations, _warmup, Json])
        {
            command.Add(option);
        }

        AddConnectionsTo(command);
    }

    /// <summary>Only those that say how ranks meet and what UCX uses.</summary>
    internal void AddConnectionsTo(Command command)
    {
        command.Add(_transports);
        command.Add(_devices);
        Ranks.AddTo(command);
    }

    internal CollectivePlan Plan(ParseResult parsed) => new CollectivePlan(
        parsed.GetValue(_sizes)!, parsed.GetValue(_element), parsed.GetValue(_iterations), parsed.GetValue(_warmup), Ranks.Limit(parsed))
        .Check(Ranks.Ranks(parsed));

    /// <summary>A backend with the parameters of the command line.</summary>
    /// <exception cref="BenchmarkException">It is none of UCX and SHM.</exception>
    internal BackendSelection Backend(ParseResult parsed, string name)
    {
        if (name.Equals("SHM", StringComparison.OrdinalIgnoreCase))
        {
            return new BackendSelection("SHM");
        }

        if (!name.Equals("UCX", StringComparison.OrdinalIgnoreCase))
        {
            throw new BenchmarkException($"A collective operation needs a backend that writes to other processes and notifies them: UCX or SHM, not '{name}'.");
        }

        var parameters = new Dictionary<string, string> { ["UCX_TLS"] = parsed.GetValue(_transports)!, ["UCX_NET_DEVICES"] = parsed.GetValue(_devices)! };
        return new BackendSelection("UCX", parameters.Where(static pair => pair.Value.Length > 0).ToDictionary());
    }

    private static long[] ParseSizes(ArgumentResult result)
    {
        var sizes = new List<long>();
        foreach (var token in result.Tokens.SelectMany(static token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (DataSize.TryParse(token, out var size) && size is > 0 and <= SizeMax)
            {
                sizes.Add(size);
            }
            else
            {
                result.AddError($"'{token}' is no size of 1 byte to 1GB.");
            }
        }

        return [.. sizes];
    }
}
