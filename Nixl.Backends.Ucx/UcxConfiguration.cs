using System.Globalization;
using System.Net;

namespace Nixl.Backends.Ucx;

/// <summary>What the backend parameters ask for, checked. Defaults are upstream's unless a remark says otherwise.</summary>
/// <param name="Settings">libucp settings in the order in which they are applied, keys without the <c>UCX_</c> prefix.</param>
/// <param name="PeerErrors">Whether endpoints report the loss of a peer (libucp's mode PEER), which shared-memory transports cannot.</param>
/// <param name="ForceClose">Whether endpoints are closed without flushing.</param>
internal sealed record UcxConfiguration(IReadOnlyList<UcxSetting> Settings, bool PeerErrors, bool ForceClose)
{
    // Each worker has its own sockets, descriptors and, over shared memory, some 4 MiB: far beyond what helps, a slip of the pen.
    internal const int WorkersMax = 64;
    internal const string SettingPrefix = "UCX_";
    internal const string AllowedNetworksName = "allowed_networks";
    private const int SplitBatchSizeDefault = 1024;
    private const string TcpPrefix = "TCP_";

    private static readonly Version FullNamesSince = new(1, 17);

    private static readonly string[] Known =
    [
        "device_list", "ucx_devices", "num_workers", "num_threads", "split_batch_size", "ucx_error_handling_mode", "ucx_ep_close_force",
        "engine_config", "port_range", AllowedNetworksName, Interop.UcpLibrary.OverrideName, $"{SettingPrefix}<SETTING>",
    ];

    // Transports that move bytes within one host only; libucp offers none of them to an endpoint with peer error handling.
    private static readonly string[] SharedMemoryTransports = ["shm", "mm", "sm", "posix", "sysv", "cma", "xpmem", "knem", "self", "loopback"];

    /// <summary>The number of workers that transfers are posted on.</summary>
    internal int SharedWorkers { get; private init; } = 1;

    /// <summary>The number of threads with a worker each, for the pieces of large transfers.</summary>
    internal int Threads { get; private init; }

    /// <summary>All workers.</summary>
    internal int Workers => SharedWorkers + Threads;

    /// <summary>The workers that an engine with a peer has: without peer error handling, one more, which takes what comes in.</summary>
    internal int WorkersAtOnce => PeerErrors ? Workers : Workers + 1;

    /// <summary>The number of segments from which on a transfer is cut into pieces, and the least that a piece has.</summary>
    internal int SplitBatchSize { get; private init; } = SplitBatchSizeDefault;

    /// <summary>Networks in which listening is meant.</summary>
    internal IReadOnlyList<IPNetwork> AllowedNetworks { get; private init; } = [];

    /// <summary>libucp's error handling mode, as the parameter names it.</summary>
    internal string ErrorMode => PeerErrors ? "peer" : "none";

    /// <summary>Reads the parameters; false with the reason.</summary>
    /// <param name="parameters">The user's parameters.</param>
    /// <param name="environment">The value of an environment variable as libucp sees it, or null.</param>
    /// <param name="options">The result.</param>
    /// <param name="status">Why it failed, or Success.</param>
    /// <param name="fault">The reason in words.</param>
    internal static bool TryRead(
        BackendParameters parameters, Func<string, string?> environment, out UcxConfiguration? options, out NixlStatus status, out BackendFault fault)
    {
        options = null;
        status = NixlStatus.InvalidParam;
        if (!TryRejectUnknown(parameters, out fault)
            || !parameters.TryGetBoolean("ucx_ep_close_force", false, out var force, out fault)
            || !parameters.TryGetInt32("split_batch_size", SplitBatchSizeDefault, 1, int.MaxValue, out var batch, out fault)
            || !parameters.TryGetInt32("num_workers", 1, 1, WorkersMax, out var workers, out fault)
            || !parameters.TryGetInt32("num_threads", 0, 0, WorkersMax, out var threads, out fault)
            || !TryReadNetworks(parameters.GetString(AllowedNetworksName), out var networks, out fault)
            || !TryReadSettings(parameters, environment, out var settings, out fault))
        {
            return false;
        }

        var transports = settings.LastOrDefault(setting => setting.Key == "TLS")?.Value ?? environment($"{SettingPrefix}TLS");
        if (!TryReadErrorMode(parameters, transports, out var peerErrors, out fault))
        {
            return false;
        }

        status = NixlStatus.Success;

        // As upstream counts them: the workers include those of the threads, and one is always left for the agent.
        options = new UcxConfiguration(settings, peerErrors, force)
        {
            SharedWorkers = Math.Max(workers - threads, 1),
            Threads = threads,
            SplitBatchSize = batch,
            AllowedNetworks = networks,
        };
        return true;
    }

    /// <summary>Whether listening there is meant, or reaches nobody else.</summary>
    internal bool MayListenOn(IPAddress address)
        => IPAddress.IsLoopback(address) || AllowedNetworks.Any(network => network.Contains(address));

    /// <summary>The settings as one line for the log.</summary>
    internal string Describe() => string.Join(",", Settings.Select(setting => $"{setting.Key}={setting.Value} ({setting.Source})"));

    /// <summary>The settings of a release and a machine, under the names by which the release takes them.</summary>
    /// <remarks>Until 1.16 libucp hands a transport's setting on to the transports by its bare name: under its full one it is kept, and applied to nothing.</remarks>
    /// <param name="release">The release of libucp.</param>
    /// <param name="hasEfa">Whether the machine has Amazon's network adapters.</param>
    /// <param name="environment">The value of an environment variable as libucp sees it, or null.</param>
    internal UcxConfiguration ForRelease(Version release, bool hasEfa, Func<string, string?> environment)
    {
        var more = UcxSetting.DefaultsOf(release, hasEfa)
            .Where(setting => environment(SettingPrefix + setting.Key) is null && Settings.All(other => other.Key != setting.Key));
        var settings = more.Concat(Settings);
        return this with { Settings = [.. release >= FullNamesSince ? settings : settings.Select(static setting => setting with { Key = BareName(setting.Key) })] };
    }

    /// <summary>Whether the choice of network devices leaves one only.</summary>
    internal bool HasOneNetworkDevice(Func<string, string?> environment)
    {
        var chosen = Settings.LastOrDefault(static setting => setting.Key == "NET_DEVICES")?.Value ?? environment($"{SettingPrefix}NET_DEVICES") ?? "all";
        return chosen.Length > 0 && chosen != "all" && !chosen.Contains(',', StringComparison.Ordinal) && !chosen.StartsWith('^');
    }

    private static string BareName(string key) => key.StartsWith(TcpPrefix, StringComparison.Ordinal) ? key[TcpPrefix.Length..] : key;

    private static bool TryRejectUnknown(BackendParameters parameters, out BackendFault fault)
    {
        fault = default;
        foreach (var name in parameters.Values.Keys)
        {
            if (!name.StartsWith(SettingPrefix, StringComparison.Ordinal) && !Known.Contains(name, StringComparer.Ordinal))
            {
                fault = BackendFault.Because($"Parameter {name} is not known to the UCX backend.", $"Known parameters: {string.Join(", ", Known)}.");
                return false;
            }
        }

        return true;
    }

    private static bool TryReadNetworks(string text, out List<IPNetwork> networks, out BackendFault fault)
    {
        networks = [];
        fault = default;
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IPNetwork.TryParse(word, out var network))
            {
                fault = BackendFault.Because($"Parameter {AllowedNetworksName} contains '{word}', which is no network.", "Write networks such as 10.1.0.0/16,fd00::/8.");
                return false;
            }

            networks.Add(network);
        }

        return true;
    }

    private static bool TryReadSettings(
        BackendParameters parameters, Func<string, string?> environment, out List<UcxSetting> settings, out BackendFault fault)
    {
        settings = [.. UcxSetting.Defaults.Where(setting => environment(SettingPrefix + setting.Key) is null)];
        fault = default;
        var devices = parameters.GetString("device_list", parameters.GetString("ucx_devices"));
        if (devices.Length > 0)
        {
            Override(settings, new UcxSetting("NET_DEVICES", NetworkDevices(devices), "parameter"));
        }

        if (parameters.GetString("port_range") is { Length: > 0 } ports && !TryReadPorts(ports, settings, out fault))
        {
            return false;
        }

        foreach (var pair in parameters.GetString("engine_config").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                fault = BackendFault.Because($"Parameter engine_config contains '{pair}', which is no KEY=VALUE.", "Write KEY=VALUE,KEY=VALUE.");
                return false;
            }

            Override(settings, new UcxSetting(WithoutPrefix(pair[..equals].Trim()), pair[(equals + 1)..].Trim(), "parameter"));
        }

        foreach (var (name, value) in parameters.Values)
        {
            if (name.StartsWith(SettingPrefix, StringComparison.Ordinal))
            {
                Override(settings, new UcxSetting(WithoutPrefix(name), value, "parameter"));
            }
        }

        return true;
    }

    private static bool TryReadPorts(string ports, List<UcxSetting> settings, out BackendFault fault)
    {
        fault = default;
        var ends = ports.Split('-');
        if (ends.Length == 2
            && ushort.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && ushort.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first > 0 && first <= last)
        {
            Override(settings, new UcxSetting("TCP_PORT_RANGE", ports, "parameter"));
            return true;
        }

        fault = BackendFault.Because($"Parameter port_range is '{ports}'.", "Write FIRST-LAST with ports from 1 to 65535, such as 20000-20099.");
        return false;
    }

    private static void Override(List<UcxSetting> settings, UcxSetting setting)
    {
        settings.RemoveAll(other => other.Key == setting.Key);
        settings.Add(setting);
    }

    /// <summary>The device names with libucp's port suffix for those that need one: an RDMA device is named <c>device:port</c>, an interface is not.</summary>
    private static string NetworkDevices(string devices)
        => string.Join(',', devices.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(
            device => device.Contains(':', StringComparison.Ordinal) || IsInterface(device) ? device : $"{device}:1"));

    private static bool IsInterface(string device) => Directory.Exists($"/sys/class/net/{Path.GetFileName(device)}");

    private static string WithoutPrefix(string name) => name.StartsWith(SettingPrefix, StringComparison.Ordinal) ? name[SettingPrefix.Length..] : name;

    private static bool TryReadErrorMode(BackendParameters parameters, string? transports, out bool peerErrors, out BackendFault fault)
    {
        fault = default;
        var mode = parameters.GetString("ucx_error_handling_mode", "auto");
        peerErrors = mode == "peer" || (mode == "auto" && !IsSharedMemoryOnly(transports));
        if (mode is "auto" or "peer" or "none")
        {
            return true;
        }

        fault = BackendFault.Because($"Parameter ucx_error_handling_mode is '{mode}'.", "Set it to auto, peer or none.");
        return false;
    }

    private static bool IsSharedMemoryOnly(string? transports)
    {
        var names = (transports ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length > 0 && names.All(name => SharedMemoryTransports.Contains(name, StringComparer.OrdinalIgnoreCase));
    }
}
