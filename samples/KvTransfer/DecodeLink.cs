using System.Net;

namespace Nixl.Samples.KvTransfer;

/// <summary>The prefill process's pipes to the decode process that started it: it says once where it listens, and hears when to end.</summary>
/// <remarks>The pipe tells of decode's end however it comes, also by <c>kill -9</c>: the kernel closes it.</remarks>
internal sealed class DecodeLink : IDisposable
{
    /// <summary>What precedes the address on prefill's standard output.</summary>
    public const string ListeningPrefix = "listening ";

    /// <summary>What decode writes when it needs prefill no more.</summary>
    public const string Stop = "stop";

    private readonly CancellationTokenSource _ended = new();

    public DecodeLink() => Stopped = WatchAsync();

    /// <summary>Completes when decode needs this process no more: true when it said so, false when it is gone.</summary>
    public Task<bool> Stopped { get; }

    /// <summary>Canceled when <see cref="Stopped"/> completes.</summary>
    public CancellationToken Token => _ended.Token;

    public static void Announce(EndPoint listener) => Console.WriteLine(ListeningPrefix + listener);

    public void Dispose() => _ended.Dispose();

    private async Task<bool> WatchAsync()
    {
        // A thread of its own: reading the standard input blocks, and cannot be canceled.
        var line = await Task.Factory.StartNew(Console.In.ReadLine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .ConfigureAwait(false);
        try
        {
            await _ended.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // This process is at its end already.
        }

        return line == Stop;
    }
}
