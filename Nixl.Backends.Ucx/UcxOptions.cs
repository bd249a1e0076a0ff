using System.Globalization;

namespace Nixl.Backends.Ucx;

/// <summary>What the backend parameters ask for, checked. Defaults are upstream's unless a remark says otherwise.</summary>
/// <param name="Settings">libucp settings in the order in which they are applied, keys without the <c>UCX_</c> prefix.</param>
/// <param name="PeerErrors">Whether endpoints report the loss of a peer (libucp's mode PEER), which shared-memory transports cannot.</param>
/// <param name="ForceClose">Whether endpoints are closed without flushing.</param>
internal sealed record UcxOptions(IReadOnlyList<UcxSetting> Settings, bool PeerErrors, bool ForceClose)
{
    private const string SettingPrefix = "UCX_";

    private static readonly string[] Known =
    [
        "device_list", "ucx_devices", "num_workers", "num_threads", "split_batch_size", "ucx_error_handling_mode", "ucx_ep_close_force",
        "engine_config", Interop.UcpLibrary.OverrideName, $"{SettingPrefix}<SETTING>",
    ];

    // Transports that move bytes within one host only; libucp offers none of them to an endpoint with peer error handling.
    private static readonly string[] SharedMemoryTransports = ["shm", "mm", "sm", "posix", "sysv", "cma", "xpmem", "knem", "self", "loopback"];

    /// <summary>Reads the parameters; false with the reason.</summary>
    /// <param name="parameters">The user's parameters.</param>
    /// <param name="environment">The value of an environment variable as libucp sees it, or null.</param>
    /// <param name="options">The result.</param>
    /// <param name="status">Why it failed, or Success.</param>
    /// <param name="fault">The reason in words.</param>
    internal static bool TryRead(
        BackendParameters parameters, Func<string, string?> environment, out UcxOptions? options, out NixlStatus status, out BackendFault fault)
    {
        options = null;
        status = NixlStatus.InvalidParam;
        if (!TryRejectUnknown(parameters, out fault)
            || !parameters.TryGetBoolean("ucx_ep_close_force", false, out var force, out fault)
            || !parameters.TryGetInt32("split_batch_size", 1024, 1, int.MaxValue, out _, out fault)
            || !TryReadSettings(parameters, environment, out var settings, out fault))
        {
            return false;
        }

        if (!TryAcceptOnly(parameters, "num_workers", 1, out status, out fault) || !TryAcceptOnly(parameters, "num_threads", 0, out status, out fault))
        {
            return false;
        }

        status = NixlStatus.InvalidParam;
        var transports = settings.LastOrDefault(setting => setting.Key == "TLS")?.Value ?? environment($"{SettingPrefix}TLS");
        if (!TryReadErrorMode(parameters, transports, out var peerErrors, out fault))
        {
            return false;
        }

        status = NixlStatus.Success;
        options = new UcxOptions(settings, peerErrors, force);
        return true;
    }

    /// <summary>The settings as one line for the log.</summary>
    internal string Describe() => string.Join(",", Settings.Select(setting => $"{setting.Key}={setting.Value} ({setting.Source})"));

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

    private static bool TryAcceptOnly(BackendParameters parameters, string name, int supported, out NixlStatus status, out BackendFault fault)
    {
        status = NixlStatus.InvalidParam;
        if (!parameters.TryGetInt32(name, supported, 0, 1024, out var value, out fault))
        {
            return false;
        }

        if (value == supported)
        {
            status = NixlStatus.Success;
            return true;
        }

        status = NixlStatus.NotSupported;
        fault = BackendFault.Because(
            $"Parameter {name} is {value.ToString(CultureInfo.InvariantCulture)}; this backend drives one worker from the agent's threads and supports only {supported}.",
            $"Remove {name}.");
        return false;
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

    private static void Override(List<UcxSetting> settings, UcxSetting setting)
    {
        settings.RemoveAll(other => other.Key == setting.Key);
        settings.Add(setting);
    }

    /// <summary>The device names with libucp's port suffix for those that need one: an RDMA device is named <c>device:port</c>, an interface is not.</summary>
    private static string NetworkDevices(string devices)
        => string.Join(',', devices.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(
            device => device.Contains(':', StringComparison.Ordinal) || Directory.Exists($"/sys/class/net/{Path.GetFileName(device)}") ? device : $"{device}:1"));

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
