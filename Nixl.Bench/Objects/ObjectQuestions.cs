namespace Nixl.Bench.Objects;

/// <summary>How long it took to ask about many objects.</summary>
internal sealed record ObjectQuestions(double TogetherMs, double OneByOneMs);
