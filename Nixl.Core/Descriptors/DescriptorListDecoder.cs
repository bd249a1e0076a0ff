using System.Text;
using Nixl.Metadata;
using Nixl.Serialization;

namespace Nixl;

/// <summary>Reads a SerDes blob that holds one list. Nothing is allocated for a count before it was compared with the bytes at hand.</summary>
internal ref struct DescriptorListDecoder(ReadOnlyMemory<byte> blob, MetadataLimits limits)
{
    // A record around a descriptor without meta info: 8 bytes length, 24 bytes range, 1 separator.
    private const int RecordBytesMin = SerDesFormat.OverheadBytes + DescriptorBytes.Size;

    private SerDesReader _reader;
    private MemoryType _type;
    private int _count;

    /// <summary>Why a member returned null.</summary>
    internal MetadataError Error { get; private set; }

    internal DescriptorList? DecodeBasic()
    {
        if (!TryReadHead(MetadataTags.BasicList, DescriptorBytes.Size))
        {
            return null;
        }

        var list = new DescriptorList(_type, _count);
        if (_count == 0)
        {
            return list; // NIXL writes no record of ranges then
        }

        if (!_reader.TryReadBytes(MetadataTags.None, out var bytes))
        {
            Refuse(NixlStatus.Mismatch);
            return null;
        }

        if (bytes.Length != _count * (long)DescriptorBytes.Size)
        {
            Refuse(NixlStatus.Mismatch, $"The list states {_count} descriptors and has {bytes.Length} bytes of them.");
            return null;
        }

        for (; !bytes.IsEmpty; bytes = bytes[DescriptorBytes.Size..])
        {
            list.Add(DescriptorBytes.Read(bytes));
        }

        return list;
    }

    internal RegistrationList? DecodeRegistrations()
    {
        if (!TryReadHead(MetadataTags.SectionList, RecordBytesMin))
        {
            return null;
        }

        var list = new RegistrationList(_type, _count);
        for (var i = 0; i < _count; i++)
        {
            if (!_reader.TryReadRange(MetadataTags.None, out var offset, out var length))
            {
                Refuse(NixlStatus.Mismatch);
                return null;
            }

            if (length < DescriptorBytes.Size)
            {
                Refuse(NixlStatus.Mismatch, $"The descriptor at offset {offset} has {length} bytes; {DescriptorBytes.Size} are needed.");
                return null;
            }

            var record = blob.Slice(offset, length);
            list.Add(new RegistrationDescriptor(DescriptorBytes.Read(record.Span), record[DescriptorBytes.Size..]));
        }

        return list;
    }

    private bool TryReadHead(ReadOnlySpan<byte> expected, int bytesEach)
    {
        if (blob.Length > limits.BytesMax)
        {
            return Refuse(NixlStatus.NotAllowed, $"The list has {blob.Length} bytes; the limit is {limits.BytesMax}.");
        }

        if (!SerDesReader.TryCreate(blob.Span, out _reader)
            || !_reader.TryReadBytes(MetadataTags.List, out var kind)
            || !_reader.TryReadUInt32(MetadataTags.Type, out var type)
            || !_reader.TryReadUInt64(MetadataTags.Count, out var count))
        {
            return Refuse(NixlStatus.Mismatch);
        }

        if (!kind.SequenceEqual(expected))
        {
            return Refuse(NixlStatus.Mismatch, $"The list is not of the kind {Encoding.ASCII.GetString(expected)}.");
        }

        if (!Enum.IsDefined((MemoryType)type))
        {
            return Refuse(NixlStatus.InvalidParam, $"The list has memory type {type}, which NIXL does not have.");
        }

        if (count > (ulong)(_reader.Remaining / bytesEach))
        {
            return Refuse(NixlStatus.Mismatch, $"The list states {count} descriptors, more than the {_reader.Remaining} bytes that follow can hold.");
        }

        if (count > (ulong)limits.RegionsMax)
        {
            return Refuse(NixlStatus.NotAllowed, $"The list has {count} descriptors; the limit is {limits.RegionsMax}.");
        }

        _type = (MemoryType)type;
        _count = (int)count;
        return true;
    }

    private bool Refuse(NixlStatus status, string? reason = null)
    {
        Error = new MetadataError(status, reason ?? _reader.Error.ToString());
        return false;
    }
}
