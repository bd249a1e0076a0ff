namespace Nixl;

/// <summary>What a backend expects one post of a transfer to take.</summary>
/// <param name="Duration">From post to end.</param>
/// <param name="ErrorMargin">How far off <paramref name="Duration"/> may be, to either side; zero when the backend does not know.</param>
/// <param name="Method">Where the figure comes from.</param>
public readonly record struct TransferCost(TimeSpan Duration, TimeSpan ErrorMargin, CostMethod Method);
