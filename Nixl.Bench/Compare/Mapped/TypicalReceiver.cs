using System.Globalization;
using System.IO.Pipes;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Mapped;

/// <summary>The other side of <see cref="TypicalMover"/>.</summary>
internal sealed class TypicalReceiver : IReceiver
{
    private readonly MappedFile _file;
    private readonly NamedPipeServerStream _pipe;
    private readonly byte[] _array;
    private PagedMemory? _pages;

    internal TypicalReceiver(string[] arguments)
    {
        _file = MappedFile.Open(arguments[0]);
        _pipe = new NamedPipeServerStream(arguments[1], PipeDirection.InOut);
        _array = new byte[long.Parse(arguments[2], CultureInfo.InvariantCulture)];
        new Thread(Serve) { IsBackground = true, Name = "compare-pipe" }.Start();
    }

    public string Address => "ready";

    public void Prepare(PagedMemory destination) => Volatile.Write(ref _pages, PagedMemory.Destination(_array, destination.Case));

    public int Check(ulong seed) => _pages!.Check(seed);

    public async ValueTask DisposeAsync()
    {
        await _pipe.DisposeAsync();
        _file.Dispose();
    }

    private void Serve()
    {
        try
        {
            _pipe.WaitForConnection();
            while (_pipe.ReadByte() == TypicalMapping.Signal)
            {
                TypicalMapping.Read(_file.View, Volatile.Read(ref _pages)!, _array);
                _pipe.WriteByte(TypicalMapping.Signal);
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            // The sender has gone.
        }
    }
}
