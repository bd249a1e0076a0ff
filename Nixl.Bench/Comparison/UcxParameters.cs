namespace Nixl.Bench.Comparison;

/// <summary>The parameters that both agents of a comparison create their UCX backend with.</summary>
internal sealed class UcxParameters
{
    private const string ErrorMode = "ucx_error_handling_mode";

    // Transports within one host: libucp 1.13 offers none of them to an endpoint with peer error handling.
    private static readonly string[] HostTransports = ["posix", "sysv", "cma", "self", "shm", "mm", "sm", "xpmem", "knem"];

    private readonly Dictionary<string, string> _values;

    private UcxParameters(Dictionary<string, string> values) => _values = values;

    /// <summary>The backend to create with them.</summary>
    internal BackendSelection Selection => new("UCX", _values);

    /// <summary>Whether endpoints report the loss of a peer.</summary>
    internal bool ReportsPeerErrors => _values[ErrorMode] == "peer";

    /// <summary>For a set of transports, error handling as the backend would choose it itself, said aloud because the reference needs to know it.</summary>
    internal static UcxParameters For(string transports, string netDevices)
    {
        var isHostOnly = transports.Split(',').All(HostTransports.Contains);
        return new UcxParameters(new Dictionary<string, string>
        {
            ["UCX_TLS"] = transports,
            ["UCX_NET_DEVICES"] = netDevices,
            [ErrorMode] = isHostOnly ? "none" : "peer",
        });
    }

    /// <summary>From the command line of a child process, as <see cref="ToArguments"/> wrote them.</summary>
    internal static UcxParameters Parse(IEnumerable<string> pairs)
        => new(pairs.Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[^1]));

    /// <summary>For the command line of a child process.</summary>
    internal IEnumerable<string> ToArguments() => _values.SelectMany(static pair => new[] { "--parameter", $"{pair.Key}={pair.Value}" });
}
