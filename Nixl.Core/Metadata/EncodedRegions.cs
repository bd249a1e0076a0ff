using System.Collections;

namespace Nixl.Metadata;

/// <summary>The regions of a section where they lie in the blob: each is read when it is asked for. Ten thousand of them written out would be a large object.</summary>
/// <param name="blob">The blob.</param>
/// <param name="places">Where each region's record begins behind its length, and how long it is: at least as long as a descriptor, and inside the blob.</param>
internal sealed class EncodedRegions(ReadOnlyMemory<byte> blob, (int Offset, int Length)[] places) : IReadOnlyList<MetadataRegion>
{
    public int Count => places.Length;

    public MetadataRegion this[int index]
    {
        get
        {
            var (offset, length) = places[index];
            return new MetadataRegion(DescriptorBytes.Read(blob.Span[offset..]), blob.Slice(offset + DescriptorBytes.Size, length - DescriptorBytes.Size));
        }
    }

    public IEnumerator<MetadataRegion> GetEnumerator()
    {
        for (var i = 0; i < places.Length; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
