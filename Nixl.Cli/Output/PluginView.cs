using System.Text.Json.Nodes;
using Nixl.Plugins;

namespace Nixl.Cli.Output;

/// <summary>What discovery found, and what became of creating each backend.</summary>
internal sealed class PluginView
{
    private readonly PluginReport _report;
    private readonly IReadOnlyList<(string Name, BackendInfo? Info, NixlException? Refusal)> _backends;

    private PluginView(PluginReport report, IReadOnlyList<(string Name, BackendInfo? Info, NixlException? Refusal)> backends) => (_report, _backends) = (report, backends);

    /// <summary>Whether every plugin that was found, and everyone who was asked for, can be used here.</summary>
    internal bool IsFine => _report.Files.All(static file => file.State != PluginFileState.Refused) && _backends.All(static backend => StateOf(backend.Refusal) != BackendState.NotUsable);

    /// <summary>Creates the backends, all or those asked for, with no parameters.</summary>
    internal static PluginView Create(NixlAgent agent, string[] only)
    {
        var names = only.Length > 0 ? only : [.. agent.PluginReport.Files.SelectMany(static file => file.BackendNames)];
        var backends = names.Distinct(StringComparer.Ordinal).Select(name => Try(agent, name)).ToList();
        return new PluginView(agent.PluginReport, backends); // read again: loading found out more about the files
    }

    internal JsonObject ToJson() => new()
    {
        ["usable"] = IsFine,
        ["folders"] = new JsonArray([.. _report.Folders.Select(static folder => new JsonObject
        {
            ["path"] = folder.Path,
            ["source"] = folder.Source.ToString(),
            ["existed"] = folder.Existed,
            ["problem"] = folder.Problem,
            ["warnings"] = Texts(folder.Warnings),
        })]),
        ["files"] = new JsonArray([.. _report.Files.Select(static file => new JsonObject
        {
            ["path"] = file.Path,
            ["state"] = file.State.ToString(),
            ["backends"] = Texts(file.BackendNames),
            ["stores"] = Texts(file.StoreNames),
            ["contract"] = file.ContractVersion?.ToString(),
            ["reason"] = file.Reason,
            ["fix"] = file.Fix,
            ["warnings"] = Texts(file.Warnings),
        })]),
        ["backends"] = new JsonArray([.. _backends.Select(static backend => new JsonObject
        {
            ["name"] = backend.Name,
            ["state"] = StateOf(backend.Refusal).ToString(),
            ["library"] = backend.Info?.Library,
            ["memoryTypes"] = backend.Info?.Capabilities.MemoryTypes.ToString(),
            ["local"] = backend.Info?.SupportsLocal,
            ["remote"] = backend.Info?.SupportsRemote,
            ["notifications"] = backend.Info?.SupportsNotifications,
            ["reason"] = backend.Refusal?.Detail,
            ["native"] = backend.Refusal?.NativeMessage,
            ["fix"] = FixOf(backend.Refusal),
        })]),
    };

    internal IEnumerable<string> Lines()
    {
        foreach (var line in _report.ToString().Split('\n'))
        {
            yield return line.TrimEnd('\r');
        }

        yield return _backends.Count == 0 ? "Backends: none" : "Backends:";
        foreach (var (name, info, refusal) in _backends)
        {
            if (info is not null)
            {
                yield return Text.Plain($"  {name}: OK{(info.Library.Length > 0 ? $", {info.Library}" : "")}, {info.Capabilities.MemoryTypes}");
                continue;
            }

            yield return Text.Plain($"  {name}: {(StateOf(refusal) == BackendState.NeedsSettings ? "needs settings" : "cannot be used here")}");
            yield return Text.Plain($"    reason: {refusal!.Detail}{(refusal.NativeMessage is { } native ? $" ({native})" : "")}");
            if (FixOf(refusal) is { } fix)
            {
                yield return Text.Plain($"    fix: {fix}");
            }
        }
    }

    private static (string Name, BackendInfo? Info, NixlException? Refusal) Try(NixlAgent agent, string name)
    {
        try
        {
            return (name, agent.CreateBackend(name), null);
        }
        catch (NixlException refused)
        {
            return (name, null, refused);
        }
    }

    /// <summary>A backend that wants to be told something before it can begin is no defect of the machine.</summary>
    private static BackendState StateOf(NixlException? refusal) => refusal?.Status switch
    {
        null => BackendState.Usable,
        NixlStatus.InvalidParam => BackendState.NeedsSettings,
        _ => BackendState.NotUsable,
    };

    /// <summary>What to do; the agent's own hint would repeat the whole report.</summary>
    private static string? FixOf(NixlException? refusal) => refusal?.Status == NixlStatus.NotFound
        ? $"Put its folder under plugins/, or name the folder's parent with --plugin-dir or {PluginCatalog.DirectoryVariable}." : refusal?.Hint;

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(static text => JsonValue.Create(text))]);
}
