using System.Globalization;
using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>On a terminal: as plain lines, and below them one that says what is being measured, with a bar. It is wiped before each row.</summary>
internal sealed class LiveObserver(RunText text, TextWriter terminal) : IRunObserver
{
    private const int BarWidth = 24;

    // ECMA-48: back to the beginning of the line, and erase it.
    private const string Wipe = "\r\e[2K";

    /// <inheritdoc/>
    public void OnStart(RunReport report) => text.WriteHead(report);

    /// <inheritdoc/>
    public void OnCase(RunCase one, int cases)
    {
        var filled = (one.Number - 1) * BarWidth / cases;
        terminal.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{Wipe}[{new string('#', filled)}{new string('.', BarWidth - filled)}] {one.Number} of {cases}: {DataSize.Format(one.Block)}, batch {one.Batch}"));
        terminal.Flush();
    }

    /// <inheritdoc/>
    public void OnResult(CaseResult result)
    {
        terminal.Write(Wipe);
        text.WriteRow(result);
    }
}
