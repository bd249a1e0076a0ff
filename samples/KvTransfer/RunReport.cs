using System.Runtime.InteropServices;
using System.Text.Json;

namespace Nixl.Samples.KvTransfer;

/// <summary>The run's result, as the table shows it and the JSON file holds it.</summary>
internal sealed record RunReport
{
    /// <summary>Whether every byte of every step matched.</summary>
    public required bool Verified { get; init; }

    /// <summary>Why not, or null.</summary>
    public required string? Error { get; init; }

    public required string Engine { get; init; }

    /// <summary>The transports that the engine says it used.</summary>
    public required string Transports { get; init; }

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public required int PromptTokens { get; init; }

    public required int Pages { get; init; }

    public required int Requests { get; init; }

    public required int PagesPerRequest { get; init; }

    public required int InFlight { get; init; }

    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>Pages that went to storage and back.</summary>
    public required IReadOnlyList<OffloadReport> Offloads { get; init; }

    /// <summary>Versions by name: this library, the engine's native one, the runtime, the operating system.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>The report of a run that went as far as it did.</summary>
    public static RunReport Of(SampleOptions options, DecodeRun? run, string? error)
    {
        var isComplete = run is { IsComplete: true } && error is null;
        return new RunReport
        {
            Verified = isComplete,
            Error = error ?? run?.Mismatch,
            Engine = options.Engine,
            Transports = run?.Transports ?? "",
            Parameters = options.Parameters,
            PromptTokens = options.Geometry.PromptTokens,
            Pages = options.Geometry.PageCount,
            Requests = options.Geometry.RequestCount,
            PagesPerRequest = options.Geometry.PagesPerRequest,
            InFlight = options.InFlight,
            Steps = [.. (run?.Steps ?? []).Select(static step => step.ToReport())],
            Offloads = run?.Offloads ?? [],
            Versions = new Dictionary<string, string>
            {
                ["Nixl.Core"] = typeof(NixlAgent).Assembly.GetName().Version?.ToString(3) ?? "",
                [options.Engine] = run?.Library ?? "",
                ["runtime"] = RuntimeInformation.FrameworkDescription,
                ["system"] = RuntimeInformation.OSDescription,
            },
        };
    }

    /// <summary>Writes the report as JSON; does nothing without a file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void SaveTo(FileInfo? file)
    {
        if (file is not null)
        {
            File.WriteAllText(file.FullName, JsonSerializer.Serialize(this, ReportJson.Default.RunReport) + "\n");
        }
    }
}
