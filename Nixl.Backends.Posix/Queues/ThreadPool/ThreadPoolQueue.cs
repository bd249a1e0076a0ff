using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix.Queues.ThreadPool;

/// <summary>Operations by blocking calls on a bounded set of threads of the engine's own: works for every file everywhere, and is what the other queues are
/// compared with.</summary>
internal sealed unsafe class ThreadPoolQueue(int threads) : IIoQueue
{
    // What one thread takes at a time: enough that the gate is no burden for small blocks, little enough that all threads end together.
    private const int ChunkOperationsMax = 32;
    private const int ChunksPerThread = 4;

    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(5);

    private readonly QueueGate _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly List<Thread> _threads = []; // guarded by itself
    private BatchList _issuing;
    private int _started;
    private int _idle;
    private volatile bool _stopping;

    /// <inheritdoc/>
    public string Name => $"thread pool ({threads} threads)";

    /// <summary>The number of threads that serve operations.</summary>
    internal int Threads => threads;

    /// <summary>Starts the threads; false when the machine gives none. With some it works, and the next call asks for the rest. While a transfer is prepared:
    /// a post must not fail for want of a thread.</summary>
    internal bool TryStartThreads()
    {
        if (Volatile.Read(ref _started) == threads)
        {
            return true;
        }

        lock (_threads)
        {
            while (_threads.Count < threads && !_stopping && TryStartThread() is { } thread)
            {
                _threads.Add(thread);
            }

            Volatile.Write(ref _started, _threads.Count);
            return _threads.Count > 0;
        }
    }

    /// <inheritdoc/>
    public void Start(IoBatch batch)
    {
        _gate.Enter();
        _issuing.Add(batch);
        var woken = Math.Min(_idle, Math.Max(1, batch.Count));
        _idle -= woken;
        _gate.Exit();
        if (woken > 0)
        {
            _work.Release(woken);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A call that a thread has made cannot be taken back; nothing further is begun.</remarks>
    public void Cancel(IoBatch batch)
    {
        var ended = default(EndedBatches);
        _gate.Enter();
        SkipRest(batch, ref ended);
        _gate.Exit();
        ended.Report();
    }

    /// <inheritdoc/>
    /// <remarks>The threads end what they do themselves.</remarks>
    public int Progress() => 0;

    /// <inheritdoc/>
    public bool TryArm() => true;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        Thread[] started;
        lock (_threads)
        {
            started = [.. _threads];
        }

        _work.Release(Math.Max(1, started.Length));
        var joined = true;
        foreach (var thread in started)
        {
            joined &= thread.Join(JoinLimit);
        }

        if (joined)
        {
            _work.Dispose();
        }
    }

    private Thread? TryStartThread()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "nixl-posix-io" };
        try
        {
            thread.Start();
            return thread;
        }
        catch (Exception shortage) when (shortage is OutOfMemoryException or ThreadStartException)
        {
            return null; // the runtime's answer to a limit of threads, too
        }
    }

    private void Run()
    {
        IoBatch? batch = null;
        var count = 0;
        while (true)
        {
            var ended = default(EndedBatches);
            _gate.Enter();
            if (batch is not null)
            {
                Give(batch, count, ref ended);
            }

            batch = Take(out var first, out count, ref ended);
            _idle += batch is null ? 1 : 0;
            _gate.Exit();
            ended.Report();
            if (batch is not null)
            {
                Execute(batch, first, count);
                continue;
            }

            _work.Wait();
            if (_stopping)
            {
                return;
            }
        }
    }

    /// <summary>Takes the next operations of the batch that has waited longest; null when there is none. Under the gate.</summary>
    private IoBatch? Take(out int first, out int count, ref EndedBatches ended)
    {
        while (_issuing.First is { } batch)
        {
            if (batch.Request.ShouldStop)
            {
                SkipRest(batch, ref ended);
                continue;
            }

            first = batch.Next;
            count = Math.Clamp((batch.Count - first) / (threads * ChunksPerThread), 1, ChunkOperationsMax);
            batch.Next += count;
            batch.Outstanding += count;
            if (batch.Next == batch.Count)
            {
                _issuing.Remove(batch);
            }

            return batch;
        }

        (first, count) = (0, 0);
        return null;
    }

    private static void Give(IoBatch batch, int count, ref EndedBatches ended)
    {
        batch.Outstanding -= count;
        EndIfOver(batch, ref ended);
    }

    private void SkipRest(IoBatch batch, ref EndedBatches ended)
    {
        if (batch.Next < batch.Count)
        {
            batch.Request.NoteStopped();
            batch.Next = batch.Count;
        }

        _issuing.Remove(batch);
        EndIfOver(batch, ref ended);
    }

    private static void EndIfOver(IoBatch batch, ref EndedBatches ended)
    {
        if (batch.IsOver && !batch.IsReported)
        {
            batch.IsReported = true;
            ended.Add(batch);
        }
    }

    private static void Execute(IoBatch batch, int first, int count)
    {
        var request = batch.Request;
        for (var operation = batch.Operations + first; count-- > 0; operation++)
        {
            if (request.ShouldStop)
            {
                request.NoteStopped();
                return;
            }

            if (operation->Kind == OperationKind.Seal)
            {
                FileSeal.Apply(request.File(operation), operation, request);
                continue;
            }

            while (!IoResult.Take(operation, Call(operation), request))
            {
            }
        }
    }

    /// <summary>One blocking call; bytes moved or a negative error number.</summary>
    /// <remarks>Not by <see cref="RandomAccess"/>, which tells neither the error number nor how much it wrote. Asking again is no way out: an error of writing
    /// back (O_SYNC, network file systems) is told once, and the same write would then succeed.</remarks>
    private static long Call(IoOperation* operation)
    {
        var address = operation->Address + operation->Done;
        var length = (nuint)(operation->Length - operation->Done);
        var offset = operation->Offset + operation->Done;
        var moved = operation->Kind == OperationKind.Read
            ? Libc.pread(operation->Descriptor, address, length, offset)
            : Libc.pwrite(operation->Descriptor, address, length, offset);
        return moved >= 0 ? moved : -Marshal.GetLastPInvokeError();
    }
}
