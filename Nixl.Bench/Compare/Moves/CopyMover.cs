using Nixl.Bench.Compare.Mapped;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Moves;

/// <summary>memcpy within this process, page by page: the upper bound of what moves through memory.</summary>
internal sealed class CopyMover(BoundThread thread, NixlMemory destination) : BlockingMover(thread)
{
    private PagedMemory? _destination;

    internal override string Name => "memcpy";

    internal override string Details => "Span.CopyTo within this process, to memory of the same kind";

    internal override void Prepare(PagedMemory source)
    {
        base.Prepare(source);
        _destination = PagedMemory.Destination(destination.Memory, source.Case);
    }

    internal override int? CheckHere(ulong seed) => _destination!.Check(seed);

    public override ValueTask DisposeAsync()
    {
        ((IDisposable)destination).Dispose();
        return ValueTask.CompletedTask;
    }

    protected override void Move() => ExpertMover.Copy(Source!, _destination!);
}
