using System.Globalization;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.ControlPath;

/// <summary>The other side of a case: the C program, or one that answers as it does.</summary>
internal sealed class ControlReference : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private ControlReference(ChildProcess process, string ready)
    {
        _process = process;
        Library = ready.Split(' ')[^1];
    }

    /// <summary>The release of libucp that it runs on.</summary>
    internal string Library { get; }

    /// <param name="program">The executable.</param>
    /// <param name="processor">Where it runs; null for anywhere.</param>
    /// <param name="settings">libucp's, without <c>UCX_</c>.</param>
    /// <param name="cancellation">Ends the wait for its first answer.</param>
    internal static async Task<ControlReference> OpenAsync(
        string program, int? processor, IReadOnlyDictionary<string, string> settings, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "--processor", $"{processor ?? -1}",
            .. settings.SelectMany(static setting => new[] { "--set", $"{setting.Key}={setting.Value}" }),
        ];

        // libucp's log goes to stdout unless told otherwise, and stdout is for the answers.
        var process = ChildProcess.Start(program, arguments, ("UCX_LOG_FILE", "stderr"), ("UCX_LOG_LEVEL", "error"));
        try
        {
            return new ControlReference(process, await process.AnswerAsync(cancellation));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has it get ready for a case and do the work once.</summary>
    /// <returns>What that gave; null when it does not do such work.</returns>
    internal async Task<WorkProof?> OpenAsync(ControlCase one, CancellationToken cancellation)
        => (await AskAsync($"open {one.Request}", cancellation)) switch
        {
            ["unsupported"] => null,
            ["opened", var pieces, var bytes, var checksum] => new WorkProof(ToNumber(pieces), ToNumber(bytes), ToNumber(checksum)),
            var other => throw Surprise(other),
        };

    /// <summary>Has it do the work <paramref name="count"/> times after <paramref name="warm"/> unmeasured ones.</summary>
    internal async Task<WorkTime> RepeatAsync(int count, int warm, CancellationToken cancellation)
        => (await AskAsync($"run {count} {warm}", cancellation)) switch
        {
            ["done", var all, var median] => new WorkTime((double)ToNumber(all) / count, ToNumber(median)),
            var other => throw Surprise(other),
        };

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<string[]> AskAsync(string command, CancellationToken cancellation) => (await _process.AskAsync(command, cancellation)).Split(' ');

    private static ulong ToNumber(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private static BenchmarkException Surprise(string[] words) => new($"The reference program answered '{string.Join(' ', words)}'.");
}
