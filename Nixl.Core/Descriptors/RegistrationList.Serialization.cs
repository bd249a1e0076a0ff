using System.Diagnostics.CodeAnalysis;
using Nixl.Metadata;

namespace Nixl;

/// <content>The bytes that NIXL's users exchange.</content>
public sealed partial class RegistrationList
{
    /// <summary>The list as NIXL serializes it: a SerDes blob with one <c>nixlSDList</c>, each range followed by its meta info. Who reads it sees the meta info: object keys and paths.</summary>
    /// <exception cref="NixlException">InvalidParam: NIXL does not have the list's memory type.</exception>
    public byte[] Serialize() => DescriptorListCodec.Encode(this);

    /// <summary>Reads what <see cref="Serialize"/> or NIXL wrote. Never throws on any bytes; takes memory only for what is there.</summary>
    /// <param name="bytes">The blob. Bytes after the list are ignored, as NIXL does.</param>
    /// <param name="limits">The most bytes and descriptors; null for the defaults. The other limits do not matter here.</param>
    /// <param name="list">The list. The meta info of its descriptors are slices of <paramref name="bytes"/>.</param>
    /// <param name="error">Why it was refused: Mismatch for damaged bytes or another kind of list, InvalidParam for an unknown memory type, NotAllowed for a
    /// limit.</param>
    public static bool TryDeserialize(ReadOnlyMemory<byte> bytes, MetadataLimits? limits, [NotNullWhen(true)] out RegistrationList? list, out MetadataError error)
    {
        var decoder = new DescriptorListDecoder(bytes, limits ?? MetadataLimits.Default);
        list = decoder.DecodeRegistrations();
        error = decoder.Error;
        return list is not null;
    }
}
