namespace Nixl.Serialization;

/// <summary>Why a <see cref="SerDesReader"/> refused to read.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Offset">Byte offset in the blob of the record that could not be read.</param>
/// <param name="Tag">The tag that was expected there; empty for the magic and for records with an empty tag.</param>
/// <param name="Length">The length in bytes that the record states, where it was readable.</param>
public readonly record struct SerDesError(SerDesFault Fault, int Offset, string Tag, ulong Length = 0)
{
    /// <summary>One sentence with tag and offset.</summary>
    public override string ToString() => Fault switch
    {
        SerDesFault.None => "No error.",
        SerDesFault.BadMagic => "The bytes do not begin with NIXL's magic 'nixlSerDes|'.",
        SerDesFault.Truncated => $"The bytes end inside the tag or length of record '{Tag}' at offset {Offset}.",
        SerDesFault.UnexpectedTag => $"Expected record '{Tag}' at offset {Offset} and found another one.",
        SerDesFault.LengthOutOfBounds => $"Record '{Tag}' at offset {Offset} states {Length} bytes, which run past the end.",
        SerDesFault.UnexpectedLength => $"Record '{Tag}' at offset {Offset} has {Length} bytes, which its type does not allow.",
        _ => $"Record '{Tag}' at offset {Offset} is not valid UTF-8 text.",
    };
}
