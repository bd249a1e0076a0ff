using System.Buffers;
using Nixl.Metadata;
using Nixl.Serialization;

namespace Nixl;

/// <summary>Writes the lists that NIXL's users exchange: a whole SerDes blob around one list.</summary>
internal static class DescriptorListCodec
{
    // Magic, kind, type and count, each with its tag, length and separator: 81 bytes, rounded up.
    private const int HeadBytes = 96;

    internal static byte[] Encode(DescriptorList list)
    {
        var output = new ArrayBufferWriter<byte>(Capacity(list.Count, DescriptorBytes.Size));
        var writer = Begin(output, MetadataTags.BasicList, list.Type, list.Count);
        if (list.Count == 0)
        {
            return output.WrittenSpan.ToArray(); // an empty list has no record of ranges
        }

        var bytes = new byte[checked(list.Count * DescriptorBytes.Size)];
        for (var i = 0; i < list.Count; i++)
        {
            DescriptorBytes.Write(bytes.AsSpan(i * DescriptorBytes.Size), list[i]);
        }

        writer.WriteBytes(MetadataTags.None, bytes);
        return output.WrittenSpan.ToArray();
    }

    internal static byte[] Encode(RegistrationList list)
    {
        var output = new ArrayBufferWriter<byte>(Capacity(list.Count, DescriptorBytes.Size + SerDesFormat.OverheadBytes));
        var writer = Begin(output, MetadataTags.SectionList, list.Type, list.Count);
        Span<byte> range = stackalloc byte[DescriptorBytes.Size];
        foreach (ref readonly var item in list.AsSpan())
        {
            DescriptorBytes.Write(range, item.Range);
            writer.WriteBytes(MetadataTags.None, range, item.MetaInfo.Span);
        }

        return output.WrittenSpan.ToArray();
    }

    private static SerDesWriter Begin(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> kind, MemoryType type, int count)
    {
        if (!Enum.IsDefined(type))
        {
            throw new NixlException(NixlStatus.InvalidParam, "SerializeDescriptors", $"NIXL has no memory type {(int)type}");
        }

        var writer = SerDesWriter.Begin(output);
        writer.WriteBytes(MetadataTags.List, kind);
        writer.WriteUInt32(MetadataTags.Type, (uint)type);
        writer.WriteUInt64(MetadataTags.Count, (ulong)count);
        return writer;
    }

    private static int Capacity(int count, int bytesEach) => (int)Math.Min(HeadBytes + (long)count * bytesEach, Array.MaxLength);
}
