using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>A column of the tables of a run.</summary>
/// <param name="Key">Its name in JSON and CSV, unit included.</param>
/// <param name="Header">Its name in tables.</param>
/// <param name="Explanation">What it says, and how it is measured.</param>
/// <param name="Value">Its value in JSON and CSV: a number, a text, or null for not known.</param>
/// <param name="Text">Its value in tables.</param>
internal sealed record Column(string Key, string Header, string Explanation, Func<CaseResult, object?> Value, Func<CaseResult, string> Text);
