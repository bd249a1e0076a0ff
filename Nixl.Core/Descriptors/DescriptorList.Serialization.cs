using System.Diagnostics.CodeAnalysis;
using Nixl.Metadata;

namespace Nixl;

/// <content>The bytes that NIXL's users exchange.</content>
public sealed partial class DescriptorList
{
    /// <summary>The list as NIXL serializes it: a SerDes blob with one <c>nixlBDList</c>.</summary>
    /// <exception cref="NixlException">InvalidParam: NIXL does not have the list's memory type.</exception>
    public byte[] Serialize() => DescriptorListCodec.Encode(this);

    /// <summary>Reads what <see cref="Serialize"/> or NIXL wrote. Never throws on any bytes; takes memory only for what is there.</summary>
    /// <param name="bytes">The blob. Bytes after the list are ignored, as NIXL does.</param>
    /// <param name="limits">The most bytes and descriptors; null for the defaults. The other limits do not matter here.</param>
    /// <param name="list">The list. Its ranges come from a peer and may overflow: see <see cref="MemoryDescriptor.IsValid"/>.</param>
    /// <param name="error">Why it was refused: Mismatch for damaged bytes or another kind of list, InvalidParam for an unknown memory type, NotAllowed for a
    /// limit.</param>
    public static bool TryDeserialize(ReadOnlyMemory<byte> bytes, MetadataLimits? limits, [NotNullWhen(true)] out DescriptorList? list, out MetadataError error)
    {
        var decoder = new DescriptorListDecoder(bytes, limits ?? MetadataLimits.Default);
        list = decoder.DecodeBasic();
        error = decoder.Error;
        return list is not null;
    }
}
