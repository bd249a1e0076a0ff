using System.Collections.ObjectModel;
using System.Globalization;

namespace Nixl.Backends;

/// <summary>The string parameters of one backend, with getters that check and say what is wrong. Immutable.</summary>
public sealed class BackendParameters
{
    /// <summary>No parameters.</summary>
    public static readonly BackendParameters Empty = new([]);

    private readonly ReadOnlyDictionary<string, string> _values;

    /// <summary>A copy of <paramref name="values"/>, of which the last one of a name counts; names are compared exactly, as upstream does.</summary>
    public BackendParameters(IEnumerable<KeyValuePair<string, string>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var copy = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            copy[name] = value;
        }

        _values = copy.AsReadOnly();
    }

    /// <summary>The parameters as the user gave them.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>The text of <paramref name="name"/>, or <paramref name="fallback"/> when it was not given.</summary>
    public string GetString(string name, string fallback = "") => _values.GetValueOrDefault(name, fallback);

    /// <summary>Whether <paramref name="name"/> was given.</summary>
    public bool Contains(string name) => _values.ContainsKey(name);

    /// <summary>Reads a whole number between <paramref name="minimum"/> and <paramref name="maximum"/>; false with a fault that names the parameter.</summary>
    public bool TryGetInt32(string name, int fallback, int minimum, int maximum, out int value, out BackendFault fault)
    {
        fault = default;
        value = fallback;
        if (!_values.TryGetValue(name, out var text))
        {
            return true;
        }

        if (int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value) && value >= minimum && value <= maximum)
        {
            return true;
        }

        fault = BackendFault.Because($"Parameter {name} is '{text}', which is no whole number from {minimum} to {maximum}.", $"Correct or remove {name}.");
        return false;
    }

    /// <summary>Reads a boolean as upstream spells them (y, yes, on, 1, true, enable and their opposites, any case).</summary>
    public bool TryGetBoolean(string name, bool fallback, out bool value, out BackendFault fault)
    {
        fault = default;
        value = fallback;
        if (!_values.TryGetValue(name, out var text))
        {
            return true;
        }

        switch (text.ToUpperInvariant())
        {
            case "Y" or "YES" or "ON" or "1" or "TRUE" or "ENABLE":
                value = true;
                return true;
            case "N" or "NO" or "OFF" or "0" or "FALSE" or "DISABLE":
                value = false;
                return true;
            default:
                fault = BackendFault.Because($"Parameter {name} is '{text}', which is neither yes nor no.", $"Set {name} to true or false.");
                return false;
        }
    }

    /// <summary>False, with a fault that lists the known names, when a parameter was given that is not among <paramref name="known"/>.</summary>
    public bool TryRejectUnknown(IReadOnlyCollection<string> known, out BackendFault fault)
    {
        fault = default;
        foreach (var name in _values.Keys)
        {
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                fault = BackendFault.Because($"Parameter {name} is not known to this backend.", $"Known parameters: {string.Join(", ", known)}.");
                return false;
            }
        }

        return true;
    }
}
