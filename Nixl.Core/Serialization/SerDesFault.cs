namespace Nixl.Serialization;

/// <summary>What is wrong with a SerDes blob at the place where reading stopped.</summary>
public enum SerDesFault
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The blob does not begin with the container's magic.</summary>
    BadMagic = 1,

    /// <summary>The blob ends inside a record's tag or length.</summary>
    Truncated = 2,

    /// <summary>The next record has another tag than the expected one. Tags are positional: nothing is skipped or searched.</summary>
    UnexpectedTag = 3,

    /// <summary>The record's length runs past the end of the blob.</summary>
    LengthOutOfBounds = 4,

    /// <summary>The record has another length than its type has.</summary>
    UnexpectedLength = 5,

    /// <summary>The record should be text and is not valid UTF-8.</summary>
    InvalidText = 6,
}
