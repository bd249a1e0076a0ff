using System.Globalization;
using Spectre.Console;

namespace Nixl.Samples.KvTransfer;

/// <summary>What the user sees: bars that move on a terminal, plain lines where the output goes to a file or a pipe.</summary>
internal sealed class Terminal
{
    private const int PlainWidth = 160;

    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);

    private readonly IAnsiConsole _console = AnsiConsole.Console;

    public Terminal()
    {
        if (!IsLive)
        {
            _console.Profile.Width = PlainWidth;
        }
    }

    private bool IsLive => !Console.IsOutputRedirected && _console.Profile.Capabilities is { Interactive: true, Ansi: true };

    /// <summary>Shows the progress until the work has ended, however it ends; the caller awaits the work itself.</summary>
    public async Task ShowAsync(RunProgress progress, Task work)
    {
        if (IsLive)
        {
            await _console.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn())
                .StartAsync(context => MoveBarsAsync(context, progress, work)).ConfigureAwait(false);
            return;
        }

        while (await Task.WhenAny(work, Task.Delay(LineInterval)).ConfigureAwait(false) != work)
        {
            _console.WriteLine(string.Join(", ", progress.Counters.Select(Describe)));
        }
    }

    /// <summary>Shows the table at the end: one column for each step, one row for each quantity.</summary>
    public void Show(RunReport report)
    {
        var table = new Table { Border = IsLive ? TableBorder.Rounded : TableBorder.Ascii };
        table.AddColumn("");
        foreach (var step in report.Steps)
        {
            table.AddColumn(new TableColumn(new Text(step.Name)).RightAligned());
        }

        AddRow(table, report, "requests", static step => step.Requests.ToString("N0", CultureInfo.InvariantCulture));
        AddRow(table, report, "pages of 16 tokens", static step => step.Pages is { } pages ? pages.ToString("N0", CultureInfo.InvariantCulture) : "-");
        AddRow(table, report, "bytes", static step => step.Bytes.ToString("N0", CultureInfo.InvariantCulture));
        AddRow(table, report, "engine", _ => report.Engine);
        AddRow(table, report, "transports", _ => report.Transports.Length > 0 ? report.Transports : "unknown");
        AddRow(table, report, "GB/s", static step => step.GigabytesPerSecond.ToString("F2", CultureInfo.InvariantCulture));
        AddRow(table, report, "p50 per request", static step => Microseconds(step.P50Microseconds));
        AddRow(table, report, "p99 per request", static step => Microseconds(step.P99Microseconds));
        AddRow(table, report, "verified", static step => step.Verified ? "yes, every byte" : "NO");
        _console.Write(table);
        foreach (var offload in report.Offloads)
        {
            _console.WriteLine(offload.ToString());
        }
    }

    private static async Task MoveBarsAsync(ProgressContext context, RunProgress progress, Task work)
    {
        var bars = progress.Counters.Select(counter => (Counter: counter, Bar: context.AddTask(counter.Name, maxValue: counter.TotalBytes))).ToList();
        do
        {
            await Task.WhenAny(work, Task.Delay(BarInterval)).ConfigureAwait(false);
            bars.ForEach(static pair => pair.Bar.Value = pair.Counter.DoneBytes);
        }
        while (!work.IsCompleted);
    }

    private static string Describe(ProgressCounter counter)
        => string.Create(CultureInfo.InvariantCulture, $"{counter.Name} {counter.DoneBytes >> 20:N0} of {counter.TotalBytes >> 20:N0} MiB");

    private static string Microseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:N0} µs");

    private static void AddRow(Table table, RunReport report, string name, Func<StepReport, string> cell)
        => table.AddRow([new Text(name), .. report.Steps.Select(step => new Text(cell(step)))]);
}
