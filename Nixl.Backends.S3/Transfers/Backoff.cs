namespace Nixl.Backends.S3.Transfers;

/// <summary>How long to wait before a request is tried again: growing, and random, so that those who failed together do not come back together.</summary>
internal static class Backoff
{
    private const int FirstMs = 50;
    private const int MostMs = 5_000;

    /// <summary>Waits after attempt number <paramref name="attempt"/>, counted from 1.</summary>
    internal static Task WaitAsync(int attempt, CancellationToken cancellationToken) => Task.Delay(Random.Shared.Next(LimitOf(attempt) / 2, LimitOf(attempt) + 1), cancellationToken);

    /// <summary>The longest wait after an attempt, in milliseconds.</summary>
    internal static int LimitOf(int attempt) => (int)Math.Min(MostMs, (long)FirstMs << Math.Min(attempt - 1, 20));
}
