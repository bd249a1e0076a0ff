using System.Runtime.ExceptionServices;

namespace Nixl.Bench.Compare.Sockets;

/// <summary>A thread that does one thing whenever it is told to.</summary>
internal sealed class SocketLane : IDisposable
{
    private readonly SemaphoreSlim _start = new(0);
    private readonly SemaphoreSlim _end = new(0);
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;
    private bool _isOver;

    internal SocketLane(Action work)
    {
        _thread = new Thread(() => Run(work)) { IsBackground = true, Name = "compare-lane" };
        _thread.Start();
    }

    internal void Start() => _start.Release();

    /// <summary>Waits for the end of what was started, and throws what it threw.</summary>
    internal void Wait()
    {
        _end.Wait();
        _failure?.Throw();
    }

    public void Dispose()
    {
        _isOver = true;
        _start.Release();
        _thread.Join();
        _start.Dispose();
        _end.Dispose();
    }

    private void Run(Action work)
    {
        while (true)
        {
            _start.Wait();
            if (_isOver)
            {
                return;
            }

#pragma warning disable CA1031 // Whatever it throws belongs to whoever waits.
            try
            {
                work();
            }
            catch (Exception failure)
            {
                _failure = ExceptionDispatchInfo.Capture(failure);
            }
#pragma warning restore CA1031
            _end.Release();
        }
    }
}
