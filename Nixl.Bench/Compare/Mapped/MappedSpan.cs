using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace Nixl.Bench.Compare.Mapped;

/// <summary>A view of a mapped file as memory.</summary>
internal sealed unsafe class MappedSpan : MemoryManager<byte>
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _bytes;

    internal MappedSpan(MemoryMappedViewAccessor view, long bytes)
    {
        (_view, _bytes) = (view, (int)bytes);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += view.PointerOffset;
    }

    public override Span<byte> GetSpan() => new(_start, _bytes);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => _view.SafeMemoryMappedViewHandle.ReleasePointer();
}
