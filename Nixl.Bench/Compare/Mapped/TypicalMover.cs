using System.IO.Pipes;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Mapped;

/// <summary>A mapped file as most programs use one: arrays, the accessor's WriteArray and ReadArray, and a pipe to say so.</summary>
internal sealed class TypicalMover : BlockingMover
{
    private readonly MappedFile _file;
    private readonly NamedPipeClientStream _pipe;
    private readonly byte[] _array;
    private PagedMemory? _pages;

    private TypicalMover(MoveStage stage, MappedFile file, NamedPipeClientStream pipe) : base(stage.Thread)
        => (_file, _pipe, _array) = (file, pipe, new byte[stage.Memory.Length]);

    internal override string Name => "mapped file, typical";

    internal override string Details => "a file in /dev/shm, arrays, WriteArray, a byte through a pipe, ReadArray, a byte back";

    internal static async Task<TypicalMover> OpenAsync(MoveStage stage, string folder, CancellationToken cancellation)
    {
        var file = Path.Combine(folder, $"nixlbench-typical-{Environment.ProcessId}");
        var pipe = Path.Combine(Path.GetTempPath(), $"nixlbench-pipe-{Environment.ProcessId}");
        var mapped = MappedFile.Create(file, stage.Memory.Length);
        var stream = new NamedPipeClientStream(".", pipe, PipeDirection.InOut);
        try
        {
            await stage.Peer.OpenAsync(KeyOf("mapped file, typical"), TypicalMapping.Kind, [file, pipe, $"{stage.Memory.Length}"], cancellation);
            await stream.ConnectAsync(cancellation);
            mapped.RemoveName();
            return new TypicalMover(stage, mapped, stream);
        }
        catch
        {
            await stream.DisposeAsync();
            mapped.RemoveName();
            mapped.Dispose();
            throw;
        }
    }

    internal override void Prepare(PagedMemory source)
    {
        base.Prepare(source);
        _pages = PagedMemory.Source(_array, source.Case);
    }

    internal override void Fill(ulong seed) => _pages!.Fill(seed);

    public override async ValueTask DisposeAsync()
    {
        await _pipe.DisposeAsync();
        _file.Dispose();
    }

    protected override void Move()
    {
        TypicalMapping.Write(_file.View, _pages!, _array);
        _pipe.WriteByte(TypicalMapping.Signal);
        if (_pipe.ReadByte() != TypicalMapping.Signal)
        {
            throw new BenchmarkException($"{Name}: the peer closed the pipe.");
        }
    }
}
