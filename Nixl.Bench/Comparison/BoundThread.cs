using System.Collections.Concurrent;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Comparison;

/// <summary>One thread, bound to a processor where asked for, that runs what is measured in this process.</summary>
internal sealed class BoundThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    internal BoundThread(int? processor)
    {
        _thread = new Thread(() => Run(processor)) { IsBackground = true, Name = "nixlbench-client" };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="function"/> on the thread.</summary>
    internal Task<T> RunAsync<T>(Func<T> function)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
#pragma warning disable CA1031 // Whatever it throws belongs to whoever awaits it.
            try
            {
                completion.SetResult(function());
            }
            catch (Exception failure)
            {
                completion.SetException(failure);
            }
#pragma warning restore CA1031
        });
        return completion.Task;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run(int? processor)
    {
        if (processor is { } bound)
        {
            Placement.BindThread(bound);
        }

        foreach (var action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
