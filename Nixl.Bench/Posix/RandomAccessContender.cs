using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Bench.Interop;

namespace Nixl.Bench.Posix;

/// <summary>What a .NET program does by itself: <see cref="RandomAccess"/>, as many operations at the same time as the case has depth.</summary>
internal sealed class RandomAccessContender : IContender
{
    private readonly PosixCase _setup;
    private readonly long[] _offsets;
    private readonly SafeFileHandle _file;
    private readonly NixlMemory _memory;

    internal RandomAccessContender(PosixCase setup, NixlMemory memory, string path, long fileBytes)
    {
        _setup = setup;
        _memory = memory;
        _offsets = setup.Offsets(fileBytes);
        var descriptor = Open.open(path, Open.O_RDWR | Open.O_CLOEXEC | (setup.IsDirect ? Open.O_DIRECT : 0));
        _file = descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new BenchmarkException($"{path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public string Name => _setup.IsDirect ? "RandomAccess async" : "RandomAccess sync";

    public async Task<double> MeasureAsync(TimeSpan block, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var bytes = await Task.WhenAll(Enumerable.Range(0, _setup.Depth).Select(share => _setup.IsDirect
            ? Task.Run(() => RunAsync(share, start, block, cancellation), cancellation)
            : Task.Factory.StartNew(() => Run(share, start, block), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return bytes.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<long> RunAsync(int share, long start, TimeSpan block, CancellationToken cancellation)
    {
        var bytes = 0L;
        while (Stopwatch.GetElapsedTime(start) < block)
        {
            for (var i = share; i < _offsets.Length && Stopwatch.GetElapsedTime(start) < block; i += _setup.Depth)
            {
                var part = _memory.Slice((long)i * _setup.BlockBytes, _setup.BlockBytes);
                if (_setup.IsWrite)
                {
                    await RandomAccess.WriteAsync(_file, part, _offsets[i], cancellation);
                }
                else
                {
                    await RandomAccess.ReadAsync(_file, part, _offsets[i], cancellation);
                }

                bytes += _setup.BlockBytes;
            }
        }

        return bytes;
    }

    private long Run(int share, long start, TimeSpan block)
    {
        var bytes = 0L;
        while (Stopwatch.GetElapsedTime(start) < block)
        {
            for (var i = share; i < _offsets.Length; i += _setup.Depth)
            {
                var part = _memory.GetSpan((long)i * _setup.BlockBytes, _setup.BlockBytes);
                if (_setup.IsWrite)
                {
                    RandomAccess.Write(_file, part, _offsets[i]);
                }
                else
                {
                    RandomAccess.Read(_file, part, _offsets[i]);
                }

                bytes += _setup.BlockBytes;
            }
        }

        return bytes;
    }
}
