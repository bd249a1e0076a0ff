namespace Nixl.Metadata;

/// <summary>Whether a blob states everything its agent exposes, or adds to what was stated before.</summary>
public enum MetadataScope
{
    /// <summary>Everything: what an older blob of the same incarnation stated and this one does not is gone.</summary>
    Full = 1,

    /// <summary>A part: adds to what is known.</summary>
    Partial = 2,
}
