namespace Nixl.Bench.Collectives;

/// <summary>One step.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Index">Which transfer, or the tag of which arrival.</param>
/// <param name="Left">For Add and Copy: offset of what is read.</param>
/// <param name="Right">For Add: offset of what is added.</param>
/// <param name="To">For Add and Copy: offset of the result.</param>
/// <param name="Bytes">For Add and Copy: how many.</param>
internal readonly record struct Step(StepKind Kind, int Index = 0, long Left = 0, long Right = 0, long To = 0, int Bytes = 0);
