using System.Globalization;
using System.Net;

namespace Nixl.Backends.Ucx;

/// <summary>The parameters of the UCX backend with types, for applications that reference it.</summary>
/// <remarks>What is left alone is left to the environment and the defaults. docs/backends/ucx.md explains each. Not thread-safe.
/// <code>options.Backends.Add&lt;UcxEngine&gt;(new UcxOptions { Devices = { "eth1" }, FirstPort = 20000, LastPort = 20099 }.ToParameters());</code></remarks>
public sealed class UcxOptions
{
    /// <summary>The network devices to use, such as <c>eth1</c> or <c>mlx5_0:1</c>; empty: all.</summary>
    public IList<string> Devices { get; init; } = [];

    /// <summary>The transports to use, such as <c>tcp</c>, <c>posix</c> or <c>rc</c> (<c>UCX_TLS</c>); empty: all.</summary>
    public IList<string> Transports { get; init; } = [];

    /// <summary>The first of the TCP ports that libucp may listen on; null together with <see cref="LastPort"/>: any.</summary>
    public int? FirstPort { get; set; }

    /// <summary>The last of them.</summary>
    public int? LastPort { get; set; }

    /// <summary>Networks in which listening is meant: elsewhere, outside the loopback, the log warns of it. It keeps nobody away.</summary>
    public IList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>What endpoints do about a lost peer; both sides need the same.</summary>
    public UcxErrorHandling ErrorHandling { get; set; }

    /// <summary>Workers, 1 to 64, those of <see cref="Threads"/> among them; null: 1.</summary>
    public int? Workers { get; set; }

    /// <summary>Threads with a worker each for the pieces of long lists, 0 to 64; null: the agent's option, or 0.</summary>
    public int? Threads { get; set; }

    /// <summary>The number of segments from which on a transfer is cut into pieces, and the least that a piece has; null: 1024.</summary>
    public int? SplitBatchSize { get; set; }

    /// <summary>Whether endpoints are closed without flushing.</summary>
    public bool ForceClose { get; set; }

    /// <summary>The file of libucp; null: the environment's <c>NIXL_UCP_LIBRARY</c>, or the system's.</summary>
    public string? LibraryPath { get; set; }

    /// <summary>Further settings of libucp, by name with or without <c>UCX_</c>.</summary>
    public IDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The parameters that a backend is created with.</summary>
    /// <returns>Only what was set. Values that are possible as such are checked when the backend is created, against this machine and its libucp.</returns>
    /// <exception cref="ArgumentException">A value is impossible; the message names the property and what is allowed.</exception>
    public (string Name, string Value)[] ToParameters()
    {
        var parameters = new List<(string Name, string Value)>();
        AddList(parameters, nameof(Devices), "device_list", Devices);
        AddList(parameters, nameof(Transports), "UCX_TLS", Transports);
        if (FirstPort is not null || LastPort is not null)
        {
            parameters.Add(("port_range", Ports()));
        }

        AddList(parameters, nameof(AllowedNetworks), UcxConfiguration.AllowedNetworksName, [.. AllowedNetworks.Select(static network => network.ToString())]);
        Add(parameters, nameof(Workers), "num_workers", Workers, 1, UcxConfiguration.WorkersMax);
        Add(parameters, nameof(Threads), "num_threads", Threads, 0, UcxConfiguration.WorkersMax);
        Add(parameters, nameof(SplitBatchSize), "split_batch_size", SplitBatchSize, 1, int.MaxValue);
        if (ErrorHandling != UcxErrorHandling.Auto)
        {
            parameters.Add(("ucx_error_handling_mode", ErrorHandling switch
            {
                UcxErrorHandling.Peer => "peer",
                UcxErrorHandling.None => "none",
                _ => throw Impossible(nameof(ErrorHandling), $"{ErrorHandling}", "one of the named values"),
            }));
        }

        if (ForceClose)
        {
            parameters.Add(("ucx_ep_close_force", "true"));
        }

        if (LibraryPath is { Length: > 0 })
        {
            parameters.Add((Interop.UcpLibrary.OverrideName, LibraryPath));
        }

        AddSettings(parameters);
        return [.. parameters];
    }

    private string Ports()
    {
        const int last = ushort.MaxValue;
        return FirstPort is >= 1 and <= last && LastPort >= FirstPort && LastPort <= last
            ? string.Create(CultureInfo.InvariantCulture, $"{FirstPort}-{LastPort}")
            : throw Impossible($"{nameof(FirstPort)} and {nameof(LastPort)}", $"{FirstPort} and {LastPort}", $"a range of ports from 1 to {last}");
    }

    private void AddSettings(List<(string Name, string Value)> parameters)
    {
        foreach (var (name, value) in Settings)
        {
            var full = name.StartsWith(UcxConfiguration.SettingPrefix, StringComparison.Ordinal) ? name : UcxConfiguration.SettingPrefix + name;
            if (full.Length == UcxConfiguration.SettingPrefix.Length || value is null || parameters.Exists(given => given.Name == full))
            {
                throw Impossible(nameof(Settings), name, "names of libucp's settings with a value, each given once and not by another property, too");
            }

            parameters.Add((full, value));
        }
    }

    private static void Add(List<(string Name, string Value)> parameters, string property, string name, int? value, int least, int most)
    {
        if (value is { } given)
        {
            var text = given.ToString(CultureInfo.InvariantCulture);
            parameters.Add(given >= least && given <= most ? (name, text) : throw Impossible(property, text, $"{least} to {most}"));
        }
    }

    private static void AddList(List<(string Name, string Value)> parameters, string property, string name, IList<string> values)
    {
        foreach (var value in values)
        {
            if (string.IsNullOrWhiteSpace(value) || value.AsSpan().IndexOfAny(',', ' ') >= 0)
            {
                throw Impossible(property, $"'{value}'", "one name for each entry");
            }
        }

        if (values.Count > 0)
        {
            parameters.Add((name, string.Join(',', values)));
        }
    }

    private static ArgumentException Impossible(string property, string value, string allowed) => new($"{property} is {value}; allowed: {allowed}.");
}
