using System.Globalization;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The devices that backends may use, by kind, and how each backend is told.</summary>
internal sealed class DeviceList
{
    private static readonly string[] HostMemory = ["cpu", "dram"];
    private static readonly string[] GpuPrefixes = ["cuda:", "gpu:"];

    private readonly IReadOnlyList<string> _all;
    private readonly List<string> _networks = [];
    private readonly List<string> _paths = [];
    private readonly HashSet<ulong> _gpus = [];

    /// <exception cref="ArgumentException">An entry is none.</exception>
    internal DeviceList(IReadOnlyList<string> devices)
    {
        _all = devices;
        foreach (var device in devices)
        {
            if (string.IsNullOrWhiteSpace(device) || device.Contains(',', StringComparison.Ordinal))
            {
                throw new ArgumentException($"'{device}' is no device: write one name or path per entry.", nameof(devices));
            }

            if (device.StartsWith('/'))
            {
                _paths.Add(device);
            }
            else if (Array.Find(GpuPrefixes, prefix => device.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) is { } prefix)
            {
                _gpus.Add(ulong.TryParse(device.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    ? number : throw new ArgumentException($"'{device}' names no GPU: write {prefix}0.", nameof(devices)));
            }
            else if (!HostMemory.Contains(device, StringComparer.OrdinalIgnoreCase))
            {
                _networks.Add(device);
            }
        }
    }

    /// <summary>Whether memory of this GPU may be registered.</summary>
    internal bool AllowsGpu(ulong device) => _gpus.Count == 0 || _gpus.Contains(device);

    /// <summary>A backend's parameters with what the agent's options mean for it. What the user set for the backend itself stays.</summary>
    internal Dictionary<string, string> AddTo(IReadOnlyDictionary<string, string> parameters, BackendMetadata backend, int? threads)
    {
        var all = new Dictionary<string, string>(parameters, StringComparer.Ordinal);
        Add(all, backend.ThreadsParameter, threads?.ToString(CultureInfo.InvariantCulture));
        Add(all, backend.NetworkDevicesParameter, _networks.Count == 0 ? null : string.Join(',', _networks));
        Add(all, backend.PathsParameter, _paths.Count == 0 ? null : string.Join(':', _paths));
        return all;
    }

    /// <summary>The names and paths that none of the backends was told of, as text.</summary>
    internal string Untold(IReadOnlyList<BackendParameters> told)
    {
        var values = told.SelectMany(static parameters => parameters.Values.Values).ToHashSet(StringComparer.Ordinal);
        List<string> untold = [];
        untold.AddRange(values.Contains(string.Join(',', _networks)) ? [] : _networks);
        untold.AddRange(values.Contains(string.Join(':', _paths)) ? [] : _paths);
        return string.Join(", ", untold);
    }

    public override string ToString() => string.Join(", ", _all);

    private static void Add(Dictionary<string, string> parameters, string name, string? value)
    {
        if (name.Length > 0 && value is not null)
        {
            parameters.TryAdd(name, value);
        }
    }
}
