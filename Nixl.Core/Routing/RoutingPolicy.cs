namespace Nixl;

/// <summary>How an agent chooses among several backends that can serve a transfer. A list in <see cref="TransferOptions.Backends"/> limits the choice either way.</summary>
public enum RoutingPolicy
{
    /// <summary>The caller's list when there is one; else the nearer backend first, then the one of higher rank, then the earlier created. Deterministic.</summary>
    Order = 0,

    /// <summary>The backend that expects to end first; those that tell no cost come after those that do, in the order of <see cref="Order"/>. Costs one estimate
    /// per candidate when a transfer is made.</summary>
    ByCost = 1,
}
