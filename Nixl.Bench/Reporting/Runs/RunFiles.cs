using Nixl.Bench.Planning;
using Nixl.Bench.Reporting.Html;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>Writes the results to the files that were asked for.</summary>
internal static class RunFiles
{
    /// <exception cref="BenchmarkException">A file cannot be written.</exception>
    internal static void Write(Outputs outputs, RunReport report, IReadOnlyList<string> given)
    {
        try
        {
            Write(outputs.Json, () => RunJson.Format(report, given));
            Write(outputs.Csv, () => RunCsv.Format(report));
            Write(outputs.Html, () => RunPage.Format(report, given));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"The results cannot be written: {failure.Message}");
        }
    }

    /// <summary>Before a run: that its results will have a place.</summary>
    /// <exception cref="BenchmarkException">A folder is not there.</exception>
    internal static void CheckFolders(Outputs outputs)
    {
        foreach (var file in new[] { outputs.Json, outputs.Csv, outputs.Html }.Where(static file => file is { Directory.Exists: false }))
        {
            throw new BenchmarkException($"There is no folder for {file!.FullName}: create it, or name another file.");
        }
    }

    private static void Write(FileInfo? file, Func<string> format)
    {
        if (file is not null)
        {
            File.WriteAllText(file.FullName, format());
        }
    }
}
