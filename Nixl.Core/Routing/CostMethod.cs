namespace Nixl;

/// <summary>How a <see cref="TransferCost"/> was found.</summary>
public enum CostMethod
{
    /// <summary>From the backend's own model of its transports: upstream's <c>ANALYTICAL_BACKEND</c>, the only method that it has.</summary>
    AnalyticalBackend = 0,

    /// <summary>From what the backend measured earlier.</summary>
    Measured = 1,
}
