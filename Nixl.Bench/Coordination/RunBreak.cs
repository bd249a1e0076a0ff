namespace Nixl.Bench.Coordination;

/// <summary>What broke a run, said once: a reason for people, a token for loops.</summary>
internal sealed class RunBreak : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private string? _reason;

    internal RunBreak() => Token = _source.Token;

    internal CancellationToken Token { get; }

    /// <summary>The first reason counts.</summary>
    internal void Break(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            _source.Cancel();
        }
    }

    internal void ThrowIfBroken()
    {
        if (Volatile.Read(ref _reason) is { } reason)
        {
            throw new BenchmarkException($"{char.ToUpperInvariant(reason[0])}{reason[1..]}");
        }
    }

    public void Dispose() => _source.Dispose();
}
