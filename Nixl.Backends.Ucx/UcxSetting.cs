namespace Nixl.Backends.Ucx;

/// <summary>One libucp setting and where it comes from.</summary>
/// <param name="Key">The name without the <c>UCX_</c> prefix.</param>
/// <param name="Value">The value as libucp parses it.</param>
/// <param name="Source"><c>nixl</c> or <c>parameter</c>; what the environment sets is libucp's own business and not listed.</param>
internal sealed record UcxSetting(string Key, string Value, string Source)
{
    /// <summary>The source of a setting that nobody asked for.</summary>
    internal const string FromNixl = "nixl";

    /// <summary>What NIXL applies unless the environment or a parameter says otherwise. A release that does not know one ignores it.</summary>
    internal static readonly UcxSetting[] Defaults =
    [
        // A notification must arrive whole and unasked: the receiver refuses rendezvous.
        new("RNDV_THRESH", "inf", FromNixl),
        new("MAX_RMA_RAILS", "2", FromNixl),
        new("IB_PCI_RELAXED_ORDERING", "try", FromNixl),

        // Order between data and notification comes from the flush, so no fence is needed.
        new("RC_FENCE", "none", FromNixl),

        // The default receive segment of every release. The sizes are not negotiated, and a sender whose segment is larger than the receiver's kills the
        // receiver; the receive side therefore stays as it is.
        new("TCP_TX_SEG_SIZE", "64k", FromNixl),
    ];

    /// <summary>What NIXL applies beside them on a release and a machine; <c>RC_GDA_NUM_CHANNELS</c> is left out, because it serves kernels of a GPU only.</summary>
    /// <param name="release">The release of libucp.</param>
    /// <param name="hasEfa">Whether the machine has Amazon's network adapters.</param>
    internal static IEnumerable<UcxSetting> DefaultsOf(Version release, bool hasEfa)
    {
        if (release >= new Version(1, 21))
        {
            yield return new UcxSetting("MAX_HCA_PER_GPU", "auto", FromNixl);
        }

        if (release >= new Version(1, 22))
        {
            yield return new UcxSetting("RNDV_PIPELINE_ERROR_HANDLING", "y", FromNixl);
        }

        if (hasEfa)
        {
            yield return new UcxSetting("ADDRESS_VERSION", "v2", FromNixl);
        }

        if (hasEfa && release >= new Version(1, 19))
        {
            yield return new UcxSetting("MAX_COMPONENT_MDS", "32", FromNixl);
        }
    }
}
