using System.Globalization;
using System.Text;

namespace Nixl.Bench.KvCache;

/// <summary>Plans as people and programs read them.</summary>
internal static class KvText
{
    private const int Width = 80;

    private static readonly string[] Columns = ["Model", "ISL", "Num Requests", "Batch Size", "IO Size", "TP", "PP", "Page Size", "Access", "KV per Token", "KV Total"];

    /// <summary>The table of <c>kvcache</c>: upstream's columns, then the cache per token and in total.</summary>
    internal static string Table(IReadOnlyList<KvPlan> plans)
    {
        string[][] rows = [Columns, .. plans.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, Columns.Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        for (var i = 0; i < rows.Length; i++)
        {
            AppendLine(text, rows[i], widths);
            if (i == 0)
            {
                AppendLine(text, [.. widths.Select(static width => new string('-', width))], widths);
            }
        }

        return text.ToString();
    }

    /// <summary>The head of a plan.</summary>
    internal static string Head(KvPlan plan) => string.Create(CultureInfo.InvariantCulture, $"""
        {new string('=', Width)}
        Model: {plan.Model.Name}
        ISL: {plan.Workload.InputTokens} tokens
        OSL: {plan.Workload.OutputTokens} tokens
        Page Size: {plan.Workload.PageTokens}
        Requests: {plan.Workload.Requests}
        TP: {plan.Workload.TensorParallel}
        PP: {plan.Workload.PipelineParallel}
        Access: {Lower(plan.Workload.Access)}, {Lower(plan.Workload.Precision)}
        KV cache: {Bytes(plan.PromptBytes)} in {plan.Batch} blocks of {Bytes(plan.IoBytes)}
        {new string('=', Width)}
        """);

    /// <summary>A command over several lines, to be pasted into a shell.</summary>
    internal static string Command(IEnumerable<string> options) => string.Join(" \\\n    ", ["nixlbench", .. options.Select(Quoted)]);

    /// <summary>What a plan says, for JSON and CSV.</summary>
    internal static IReadOnlyDictionary<string, object> Values(KvPlan plan) => new Dictionary<string, object>
    {
        ["model"] = plan.Model.Name,
        ["isl"] = plan.Workload.InputTokens,
        ["osl"] = plan.Workload.OutputTokens,
        ["num_requests"] = plan.Workload.Requests,
        ["page_size"] = plan.Workload.PageTokens,
        ["tp"] = plan.Workload.TensorParallel,
        ["pp"] = plan.Workload.PipelineParallel,
        ["access_pattern"] = Lower(plan.Workload.Access),
        ["precision"] = Lower(plan.Workload.Precision),
        ["kv_bytes_per_token"] = plan.BytesPerToken,
        ["kv_bytes_prompts"] = plan.PromptBytes,
        ["kv_bytes_output"] = plan.OutputBytes,
        ["io_size"] = plan.IoBytes,
        ["batch_size"] = plan.Batch,
    };

    /// <summary>A field of CSV.</summary>
    internal static string Field(object value)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().ContainsAny(",\"\n\r") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    /// <summary>At most two digits after the point, in units of 1024: <c>2.25 MB</c>.</summary>
    internal static string Bytes(long bytes)
    {
        string[] units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1024 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {units[unit]}");
    }

    private static string[] Row(KvPlan plan) =>
    [
        plan.Model.Name, Text(plan.Workload.InputTokens), Text(plan.Workload.Requests), Text(plan.Batch), Bytes(plan.IoBytes), Text(plan.Workload.TensorParallel),
        Text(plan.Workload.PipelineParallel), Text(plan.Workload.PageTokens), Lower(plan.Workload.Access), Bytes(plan.BytesPerToken), Bytes(plan.PromptBytes),
    ];

    private static void AppendLine(StringBuilder text, string[] cells, int[] widths)
        => text.AppendLine(string.Join("  ", cells.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Lower<T>(T value)
        where T : struct, Enum
        => value.ToString().ToLowerInvariant();

    // For a POSIX shell.
    private static string Quoted(string option)
        => option.All(static letter => char.IsAsciiLetterOrDigit(letter) || "-_=./:,+@%".Contains(letter, StringComparison.Ordinal))
            ? option : $"'{option.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
