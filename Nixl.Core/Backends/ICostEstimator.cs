namespace Nixl.Backends;

/// <summary>An engine that can tell what a transfer will cost. Upstream's <c>estimateXferCost</c>.</summary>
public interface ICostEstimator
{
    /// <summary>Estimates one post of a transfer. Bounded, moves nothing, may be called before <see cref="INixlBackendEngine.PrepXfer"/> and from any thread.</summary>
    /// <returns>Success; NotSupported where the native library does not tell on this machine; or why it failed.</returns>
    NixlStatus EstimateXferCost(BackendTransfer transfer, out TransferCost cost, out BackendFault fault);
}
