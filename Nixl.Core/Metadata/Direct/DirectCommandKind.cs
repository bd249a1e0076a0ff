namespace Nixl.Metadata;

/// <summary>The commands of NIXL's direct metadata exchange.</summary>
internal enum DirectCommandKind
{
    /// <summary>None that is known; logged, and the connection goes on.</summary>
    Unknown = 0,

    /// <summary>Load the metadata that follows.</summary>
    Load = 1,

    /// <summary>Reply with the receiver's metadata.</summary>
    Send = 2,

    /// <summary>Forget the agent whose name follows.</summary>
    Invalidate = 3,

    /// <summary>Send heartbeats on this connection.</summary>
    Beat = 4,

    /// <summary>A proof of a key, where none was asked for.</summary>
    Authenticate = 5,
}
