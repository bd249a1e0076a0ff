namespace Nixl.Bench.Comparison;

/// <summary>Owns what belongs together and disposes it in reverse order.</summary>
internal sealed class AsyncDisposables : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    /// <summary>Takes over <paramref name="disposable"/> and gives it back for use.</summary>
    internal T Own<T>(T disposable)
        where T : IAsyncDisposable
    {
        _owned.Push(disposable);
        return disposable;
    }

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var disposable))
        {
            await disposable.DisposeAsync();
        }
    }
}
