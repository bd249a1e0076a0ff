using System.Text;

namespace Nixl;

/// <summary>A range to register, with the user's own bytes for it: an object's key, a file's path mode, or nothing.</summary>
/// <param name="Range">The range.</param>
/// <param name="MetaInfo">The user's bytes; handed to the engine, never sent to peers.</param>
/// <remarks>Two descriptors are equal when their ranges and the bytes of their <paramref name="MetaInfo"/> are.</remarks>
public readonly record struct RegistrationDescriptor(MemoryDescriptor Range, ReadOnlyMemory<byte> MetaInfo = default)
{
    /// <summary>A descriptor whose bytes are <paramref name="metaInfo"/> in UTF-8: an object's key or a path.</summary>
    public RegistrationDescriptor(MemoryDescriptor range, string metaInfo)
        : this(range, Encoding.UTF8.GetBytes(metaInfo))
    {
    }

    /// <summary>A descriptor from three fields: address, length in bytes, device id.</summary>
    public static implicit operator RegistrationDescriptor((ulong Address, ulong Length, ulong DeviceId) fields)
        => new(new MemoryDescriptor(fields.Address, fields.Length, fields.DeviceId));

    /// <summary>A descriptor from four fields: address, length in bytes, device id, the user's text, which becomes UTF-8.</summary>
    public static implicit operator RegistrationDescriptor((ulong Address, ulong Length, ulong DeviceId, string MetaInfo) fields)
        => new(new MemoryDescriptor(fields.Address, fields.Length, fields.DeviceId), fields.MetaInfo);

    /// <inheritdoc/>
    public bool Equals(RegistrationDescriptor other) => Range == other.Range && MetaInfo.Span.SequenceEqual(other.MetaInfo.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Range);
        hash.AddBytes(MetaInfo.Span);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => MetaInfo.IsEmpty ? $"{Range}" : $"{Range} with {MetaInfo.Length} bytes of meta info";
}
