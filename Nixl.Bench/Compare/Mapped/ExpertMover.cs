using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Mapped;

/// <summary>A mapped file as an expert uses one: the peer's destination is the mapping itself, pages are copied straight to their places through pointers, and a number behind
/// them says that they are there. The peer does nothing, as with a one-sided WRITE.</summary>
internal sealed class ExpertMover : BlockingMover
{
    private readonly MappedFile _file;
    private readonly MappedSpan _span;
    private PagedMemory? _destination;
    private long _done;

    private ExpertMover(MoveStage stage, MappedFile file) : base(stage.Thread)
        => (_file, _span) = (file, new MappedSpan(file.View, stage.Memory.Length));

    internal override string Name => "mapped file, expert";

    internal override string Details => "a file in /dev/shm that is the destination itself, pointers, one copy per page, a number that is written last";

    internal static async Task<ExpertMover> OpenAsync(MoveStage stage, string folder, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, $"nixlbench-expert-{Environment.ProcessId}");
        var file = MappedFile.Create(path, stage.Memory.Length);
        try
        {
            var mover = new ExpertMover(stage, file);
            mover._span.GetSpan().Clear(); // every page is there before the clock runs
            await stage.Peer.OpenAsync(mover.Key, ExpertReceiver.Kind, [path, $"{stage.Memory.Length}"], cancellation);
            file.RemoveName();
            return mover;
        }
        catch
        {
            file.RemoveName();
            file.Dispose();
            throw;
        }
    }

    internal override void Prepare(PagedMemory source)
    {
        base.Prepare(source);
        _destination = PagedMemory.Destination(_span.Memory, source.Case);
    }

    public override ValueTask DisposeAsync()
    {
        ((IDisposable)_span).Dispose();
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override void Move()
    {
        Copy(Source!, _destination!);
        _file.View.SafeMemoryMappedViewHandle.Write((ulong)_span.GetSpan().Length, Interlocked.Increment(ref _done));
    }

    internal static void Copy(PagedMemory from, PagedMemory to)
    {
        var source = from.All.Span;
        var destination = to.All.Span;
        for (var page = 0; page < from.Case.Pages; page++)
        {
            source.Slice(from.Offsets[page], from.Case.PageBytes).CopyTo(destination[to.Offsets[page]..]);
        }
    }
}
