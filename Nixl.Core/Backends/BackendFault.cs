namespace Nixl.Backends;

/// <summary>Why a backend verb failed: carried beside the status so that an operating error is never an exception. Text is made when somebody asks.</summary>
/// <param name="NativeCode">The native library's own code, 0 when none applies. <see cref="INixlBackendEngine.DescribeFault"/> turns it into text.</param>
/// <param name="SegmentIndex">Index into <see cref="BackendTransfer.Segments"/> of the segment that failed, -1 when unknown.</param>
/// <param name="Detail">What happened, where the native code alone does not say; a constant or a text made on a control path.</param>
/// <param name="Hint">What the caller can do about it.</param>
public readonly record struct BackendFault(int NativeCode, int SegmentIndex = -1, string? Detail = null, string? Hint = null)
{
    /// <summary>A fault without a native code.</summary>
    public static BackendFault Because(string detail, string? hint = null) => new(0, -1, detail, hint);
}
