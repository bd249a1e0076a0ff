using System.Globalization;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Mapped;

/// <summary>The other side of <see cref="ExpertMover"/>: its mapping is where the bytes are wanted.</summary>
internal sealed class ExpertReceiver : IReceiver
{
    internal const string Kind = "mapping-expert";

    private readonly MappedFile _file;
    private readonly MappedSpan _span;
    private PagedMemory? _pages;

    internal ExpertReceiver(string[] arguments)
    {
        _file = MappedFile.Open(arguments[0]);
        _span = new MappedSpan(_file.View, long.Parse(arguments[1], CultureInfo.InvariantCulture));
    }

    public string Address => "ready";

    public void Prepare(PagedMemory destination) => _pages = PagedMemory.Destination(_span.Memory, destination.Case);

    public int Check(ulong seed) => _pages!.Check(seed);

    public ValueTask DisposeAsync()
    {
        ((IDisposable)_span).Dispose();
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
