using System.Text.Json;

namespace Nixl.Bench.Micro;

/// <summary>The file of budgets: allocations are exact, so a build may fail for them; times never.</summary>
internal sealed class AllocationBudgets
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { ReadCommentHandling = JsonCommentHandling.Skip };

    private readonly Dictionary<string, AllocationBudget> _budgets;

    private AllocationBudgets(IEnumerable<AllocationBudget> budgets) => _budgets = budgets.ToDictionary(static budget => budget.Operation);

    /// <summary>The file that is part of the program.</summary>
    internal static FileInfo Reviewed => new(Path.Combine(AppContext.BaseDirectory, "Micro", "allocation-budgets.json"));

    /// <summary>Reads a file.</summary>
    /// <exception cref="BenchmarkException">It is none, or a budget has no reason.</exception>
    internal static AllocationBudgets Read(FileInfo file)
    {
        try
        {
            var budgets = JsonSerializer.Deserialize<AllocationBudget[]>(File.ReadAllText(file.FullName), Options) ?? [];
            return budgets.FirstOrDefault(static budget => string.IsNullOrWhiteSpace(budget.Reason)) is { } bare
                ? throw new BenchmarkException($"{file}: the budget of '{bare.Operation}' gives no reason.")
                : new AllocationBudgets(budgets);
        }
        catch (Exception broken) when (broken is JsonException or IOException or ArgumentException or NotSupportedException)
        {
            throw new BenchmarkException($"{file} is no file of budgets: {broken.Message}");
        }
    }

    /// <summary>The result with its budget.</summary>
    internal MicroResult Judge(MicroResult result) => _budgets.TryGetValue(result.Operation, out var budget)
        ? result with { BudgetBytes = budget.Bytes + (budget.BytesPerItem * result.Items) } : result;

    /// <summary>Budgets of operations that are not measured: the file and the program have come apart.</summary>
    internal IEnumerable<string> WithoutOperation(IEnumerable<MicroResult> results) => _budgets.Keys.Except(results.Select(static result => result.Operation));
}
