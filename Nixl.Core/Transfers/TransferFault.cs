namespace Nixl;

/// <summary>Why a post failed.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="DescriptorIndex">Index of the failed descriptor in the caller's lists, or -1 when the engine does not know.</param>
/// <param name="NativeCode">The native library's code, 0 when none applies.</param>
/// <param name="NativeMessage">The native library's text for the code, or null.</param>
/// <param name="Detail">What happened, in one sentence.</param>
/// <param name="Hint">What to do about it, or null.</param>
public sealed record TransferFault(NixlStatus Status, int DescriptorIndex, int NativeCode, string? NativeMessage, string Detail, string? Hint);
