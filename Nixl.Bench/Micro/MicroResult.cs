namespace Nixl.Bench.Micro;

/// <summary>What one operation of the control path costs.</summary>
/// <param name="Group">The part of the agent.</param>
/// <param name="Operation">What was repeated; the name in the file of budgets.</param>
/// <param name="Items">Descriptors, regions or bytes that it was about.</param>
/// <param name="Nanoseconds">The median of the repetitions.</param>
/// <param name="AllocatedBytes">Growth of the whole process's allocated bytes, per operation.</param>
/// <param name="Upstream">What is known of the C++ and Python NIXL for the same, and from where; null for nothing.</param>
internal sealed record MicroResult(string Group, string Operation, long Items, double Nanoseconds, double AllocatedBytes, string? Upstream)
{
    /// <summary>The most that the operation may allocate, of this many items; null where the file of budgets says nothing.</summary>
    public double? BudgetBytes { get; init; }

    /// <summary>Whether it allocated more than it may, or nobody has said what it may.</summary>
    public bool IsOver => BudgetBytes is not { } budget || AllocatedBytes > budget;
}
