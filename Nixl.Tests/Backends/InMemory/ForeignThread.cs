using System.Collections.Concurrent;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>A thread of the engine's own, as a native library would have it, that ends posts.</summary>
internal sealed class ForeignThread : IDisposable
{
    private readonly ConcurrentQueue<(InMemoryRequest Request, uint Post)> _queue = [];
    private readonly SemaphoreSlim _wakeUp = new(0);
    private readonly Action<InMemoryRequest, uint> _run;
    private readonly Thread _thread;
    private volatile bool _stopping;

    internal ForeignThread(Action<InMemoryRequest, uint> run)
    {
        _run = run;
        _thread = new Thread(Work) { IsBackground = true, Name = "inmemory-foreign" };
        _thread.Start();
    }

    internal void Add(InMemoryRequest request, uint post)
    {
        _queue.Enqueue((request, post));
        _wakeUp.Release();
    }

    public void Dispose()
    {
        _stopping = true;
        _wakeUp.Release();
        _thread.Join(TimeSpan.FromSeconds(10));
        _wakeUp.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            _wakeUp.Wait();
            if (_stopping)
            {
                return;
            }

            while (_queue.TryDequeue(out var entry))
            {
                _run(entry.Request, entry.Post);
            }
        }
    }
}
