using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Nixl.Metadata.Redis;

/// <summary>The server's own word that a key has changed, where it gives that: keyspace notifications, over a connection of their own. They are not switched on from
/// here, and may be off, forbidden or partial; so they only make whoever watches look sooner, and where they prove themselves, look less often in between.</summary>
internal sealed class RedisEvents : IAsyncDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    // Renewals: they change nothing that is looked at.
    private static readonly string[] Ignored = ["expire", "persist"];

    private readonly RedisOptions _options;
    private readonly string _pattern;
    private readonly int _bytesMax;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Task _reading;
    private volatile bool _areComing;

    /// <param name="options">Where the server is.</param>
    /// <param name="keys">The keys, as a pattern.</param>
    /// <param name="bytesMax">The largest value that is read.</param>
    /// <param name="logger">Where it is said whether notifications come.</param>
    internal RedisEvents(RedisOptions options, string keys, int bytesMax, ILogger logger)
    {
        _options = options;
        _pattern = string.Create(CultureInfo.InvariantCulture, $"__keyspace@{options.Database}__:{keys}");
        _bytesMax = bytesMax;
        _logger = logger;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Whether notifications have come and nothing was missed since.</summary>
    internal bool AreComing => _areComing;

    /// <summary>Waits for a change, or for the time to look without one.</summary>
    /// <returns>Whether a change was told.</returns>
    internal Task<bool> WaitAsync(TimeSpan most, CancellationToken cancellationToken) => _changed.WaitAsync(most, cancellationToken);

    /// <summary>A change was found that was not told: they are not to be relied on.</summary>
    internal void Distrust() => _areComing = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _stop.Dispose();
        _changed.Dispose();
    }

    private async Task ReadAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await SubscribeAsync().ConfigureAwait(false);
            }
            catch (RedisRefusal refusal)
            {
                RedisLog.EventsRefused(_logger, refusal.Message);
                return; // looking twice a second needs no right
            }
            catch (Exception e) when (e is IOException or SocketException or EndOfStreamException or AuthenticationException or ObjectDisposedException or InvalidDataException)
            {
                // The server is away, which whoever looks says.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            _areComing = false;
            await Task.Delay(RetryInterval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SubscribeAsync()
    {
        await using var connection = await RedisConnection.OpenAsync(_options, _bytesMax, _stop.Token).ConfigureAwait(false);
        await connection.CallAsync([RedisProtocol.Part("PSUBSCRIBE"), RedisProtocol.Part(_pattern)], _stop.Token).ConfigureAwait(false);
        while (true)
        {
            var message = await connection.NextAsync(_stop.Token).ConfigureAwait(false);
            if (message.Items is not [{ Text: "pmessage" }, _, _, { } change] || Ignored.Contains(change.Text))
            {
                continue;
            }

            if (!_areComing)
            {
                _areComing = true;
                RedisLog.EventsCome(_logger);
            }

            try
            {
                _changed.Release();
            }
            catch (SemaphoreFullException)
            {
                // Whoever watches is told already.
            }
        }
    }
}
