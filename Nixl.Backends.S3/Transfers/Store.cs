using Microsoft.Extensions.Logging;
using Nixl.Backends.S3.Client;

namespace Nixl.Backends.S3.Transfers;

/// <summary>What all transfers of an engine share: the client, one limit for the requests in flight, and how a request is tried again.</summary>
internal sealed class Store : IDisposable
{
    // A part that got on by so much is not stuck: its attempts are counted anew.
    private const long ProgressBytes = 64 << 10;

    internal Store(IObjectClient client, S3Options options, string agent, ILogger logger)
    {
        (Client, Options, Agent, Logger) = (client, options, agent, logger);
        Secrets = new SecretFilter(options.Secrets);
        Slots = new SemaphoreSlim(options.Concurrency);
        Janitor = new UploadJanitor(this);
    }

    /// <summary>The store itself.</summary>
    internal IObjectClient Client { get; }

    /// <summary>The settings.</summary>
    internal S3Options Options { get; }

    /// <summary>The agent's name.</summary>
    internal string Agent { get; }

    /// <summary>Where to log.</summary>
    internal ILogger Logger { get; }

    /// <summary>Cleans texts.</summary>
    internal SecretFilter Secrets { get; }

    /// <summary>The requests that may still be issued. Who waits longest comes first, and a transfer waits with one request at a time: that shares it fairly.</summary>
    internal SemaphoreSlim Slots { get; }

    /// <summary>Drops uploads that did not come to their end.</summary>
    internal UploadJanitor Janitor { get; }

    /// <summary>What transfers took so far.</summary>
    internal CostTable Costs { get; } = new();

    /// <summary>Makes a request, and makes it again while it fails in a way that may pass. The caller holds a slot, or does not count.</summary>
    /// <param name="attempt">One attempt: its guard, and its number from 1.</param>
    /// <param name="done">Bytes that the attempts have moved so far, or null where they begin anew.</param>
    /// <param name="cancellationToken">Ends it; the answer is then an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="RequestFailedException">It will not succeed.</exception>
    internal async Task<T> TryAsync<T>(Func<StallGuard, Task<T>> attempt, Func<long>? done, CancellationToken cancellationToken)
    {
        var tried = 0;
        for (var all = 1; ; all++)
        {
            tried++;
            var before = done?.Invoke() ?? 0;
            using var guard = new StallGuard(Options.Stall, cancellationToken);
            try
            {
                return await attempt(guard).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever the SDK throws is read by S3Status; nothing of it leaves this backend as an exception.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                var failure = S3Status.Of(guard.IsStalled ? new TimeoutException() : exception, Secrets);
                tried = (done?.Invoke() ?? 0) - before >= ProgressBytes ? 1 : tried;
                if (!failure.IsTransient || tried >= Options.Attempts)
                {
                    throw new RequestFailedException(failure, all);
                }

                Logger.Retrying(Agent, failure.Summary, all, Options.Attempts);
            }

            await Backoff.WaitAsync(tried, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Janitor.Dispose();
        Client.Dispose();
        Slots.Dispose();
    }
}
