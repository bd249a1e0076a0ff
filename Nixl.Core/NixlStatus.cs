namespace Nixl;

/// <summary>The outcome of an operation or the state of a transfer, numerically equal to upstream NIXL's <c>nixl_status_t</c>.</summary>
/// <remarks>Negative values are errors. Values from -100 down are this implementation's own and never go on the wire.</remarks>
public enum NixlStatus
{
    /// <summary>The operation is complete. For a WRITE the data is visible at the target, for a READ it is usable locally.</summary>
    Success = 0,

    /// <summary>The operation was accepted and has not ended.</summary>
    InProgress = 1,

    /// <summary>The transfer was never posted.</summary>
    NotPosted = -1,

    /// <summary>An argument is malformed: lists of different length, an index out of range, an empty list.</summary>
    InvalidParam = -2,

    /// <summary>The backend failed; the native code and text say how.</summary>
    BackendError = -3,

    /// <summary>The agent, backend, registration or metadata asked for does not exist.</summary>
    NotFound = -4,

    /// <summary>Bytes or lengths do not fit together: foreign or damaged metadata, a stored length other than expected.</summary>
    Mismatch = -5,

    /// <summary>The operation is legal in general but not in the present state.</summary>
    NotAllowed = -6,

    /// <summary>The transfer is still in progress and cannot be posted again.</summary>
    RepostActive = -7,

    /// <summary>The cause could not be determined.</summary>
    Unknown = -8,

    /// <summary>The backend does not offer this operation.</summary>
    NotSupported = -9,

    /// <summary>The connection to the peer is lost.</summary>
    RemoteDisconnect = -10,

    /// <summary>The operation was canceled.</summary>
    Canceled = -11,

    /// <summary>Telemetry was asked for but is not captured.</summary>
    NoTelemetry = -12,

    /// <summary>The deadline passed. This implementation's own status; never sent to a peer.</summary>
    TimedOut = -100,
}
