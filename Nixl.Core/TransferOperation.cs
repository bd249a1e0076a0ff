namespace Nixl;

/// <summary>The direction of a one-sided transfer, seen from the initiator. The values are upstream's <c>nixl_xfer_op_t</c>.</summary>
public enum TransferOperation
{
    /// <summary>From the remote descriptors into the local ones.</summary>
    Read = 0,

    /// <summary>From the local descriptors into the remote ones.</summary>
    Write = 1,
}
