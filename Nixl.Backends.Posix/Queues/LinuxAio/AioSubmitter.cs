using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Handles;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Queues.LinuxAio;

/// <summary>The thread that submits operations through the page cache, which the kernel does within the call.</summary>
/// <remarks>One producer at a time, who holds the queue's gate, and one consumer.</remarks>
internal sealed unsafe class AioSubmitter : IDisposable
{
    private readonly AioContextHandle _context;
    private readonly Action<nint, int> _refused;
    private readonly nint[] _blocks;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread _thread;
    private int _added;
    private int _taken;
    private int _sleeping;
    private volatile bool _stopping;

    /// <summary>Starts the thread; fails as the runtime does where the machine gives none.</summary>
    /// <param name="context">Where to submit.</param>
    /// <param name="depth">The most operations in flight, and so here.</param>
    /// <param name="refused">Called with an operation that the kernel does not take, and the error number.</param>
    internal AioSubmitter(AioContextHandle context, int depth, Action<nint, int> refused)
    {
        (_context, _refused) = (context, refused);
        _blocks = new nint[depth];
        _thread = new Thread(Run) { IsBackground = true, Name = "nixl-posix-aio" };
        _thread.Start();
    }

    /// <summary>Adds an operation. Under the queue's gate.</summary>
    internal void Add(iocb* block)
    {
        _blocks[(int)((uint)_added % (uint)_blocks.Length)] = (nint)block;
        Volatile.Write(ref _added, unchecked(_added + 1));
    }

    /// <summary>Has the thread submit what was added. Under the queue's gate.</summary>
    internal void Wake()
    {
        if (_added == Volatile.Read(ref _taken) || _stopping)
        {
            return;
        }

        if (Interlocked.Exchange(ref _sleeping, 0) == 1)
        {
            _wake.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        _wake.Release();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            while (_taken != Volatile.Read(ref _added) && !_stopping)
            {
                Submit((iocb*)_blocks[(int)((uint)_taken % (uint)_blocks.Length)]);
            }

            // Published before the last look, so that whoever adds after it wakes the thread.
            Interlocked.Exchange(ref _sleeping, 1);
            if (_taken == Volatile.Read(ref _added) || Interlocked.Exchange(ref _sleeping, 0) == 0)
            {
                _wake.Wait();
            }
        }
    }

    private void Submit(iocb* block)
    {
        // In flight for its queue, so that it stays there; but a post that is to stop must not wait for what the kernel has not begun.
        var request = IoBatch.Of((IoOperation*)block->aio_data).Request;
        int error;
        do
        {
            error = request.ShouldStop ? Errno.ECANCELED
                : AioAbi.io_submit(Syscalls.io_submit, _context.Context, 1, &block) < 0 ? Marshal.GetLastPInvokeError()
                : 0;
        }
        while (error is Errno.EINTR or Errno.EAGAIN && Thread.Yield() | !_stopping);

        Volatile.Write(ref _taken, unchecked(_taken + 1));
        if (error != 0)
        {
            _refused((nint)block, error);
        }
    }
}
