namespace Nixl.Serialization;

/// <summary>Why <see cref="PickledDescriptors.TryRead"/> refused a pickle.</summary>
/// <param name="Offset">Byte offset of the opcode at which reading stopped.</param>
/// <param name="Opcode">That opcode's byte, or -1 where the pickle ended before one or is refused as a whole.</param>
/// <param name="Reason">One sentence for a person.</param>
public readonly record struct PickleError(int Offset, int Opcode, string? Reason)
{
    /// <inheritdoc/>
    public override string ToString() => Reason is null ? "No error."
        : Opcode < 0 ? $"At offset {Offset}: {Reason}" : $"Opcode 0x{Opcode:x2} at offset {Offset}: {Reason}";
}
