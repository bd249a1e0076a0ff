using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Nixl.Metadata;

/// <summary>The client's connection to one endpoint: opened at the first request, kept, opened again when it turns out dead. Thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The socket is closed by retiring; the semaphore never makes a wait handle and may still have waiters.")]
internal sealed class DirectClientConnection(EndPoint endpoint, DirectConnector connector, DirectClientOptions options, ILogger logger)
{
    // One request at a time: replies carry nothing that says which request they answer. Guards every field below.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly string _peer = DirectSockets.Describe(endpoint);
    private DirectChannel? _channel;
    private DirectFrameReader? _reader;
    private bool _retired;
    private long _lastUsed = Environment.TickCount64;

    /// <summary>When a request last ended, in milliseconds of the system's uptime.</summary>
    internal long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>Carries out one request.</summary>
    /// <returns>The reply's body, empty where none was expected; null when this connection was retired in the meantime and another must be made.</returns>
    /// <exception cref="NixlException">The request failed; says with which endpoint and why.</exception>
    internal async Task<ReadOnlyMemory<byte>?> RequestAsync(DirectRequest request, CancellationToken cancel)
    {
        if (!await _gate.WaitAsync(options.QueueTimeout, cancel).ConfigureAwait(false))
        {
            throw DirectClientErrors.QueueTimedOut(request.Operation, _peer, options.QueueTimeout);
        }

        try
        {
            return _retired ? null : await ExchangeAsync(request, cancel).ConfigureAwait(false);
        }
        catch
        {
            Close(); // an answer may still be on its way; the next request must not take it for its own
            throw;
        }
        finally
        {
            Volatile.Write(ref _lastUsed, Environment.TickCount64);
            _gate.Release();
        }
    }

    /// <summary>Closes the connection for good unless a request is using it.</summary>
    internal bool TryRetire() => _gate.Wait(0) && Retire();

    /// <summary>Closes the connection for good once the request that uses it has ended.</summary>
    /// <returns>False when it did not end within <paramref name="timeout"/>.</returns>
    internal async Task<bool> RetireAsync(TimeSpan timeout) => await _gate.WaitAsync(timeout).ConfigureAwait(false) && Retire();

    private bool Retire()
    {
        _retired = true;
        Close();
        _gate.Release();
        return true;
    }

    private async Task<ReadOnlyMemory<byte>> ExchangeAsync(DirectRequest request, CancellationToken cancel)
    {
        var reused = IsAlive();
        while (true)
        {
            if (!reused)
            {
                await OpenAsync(request.Operation, cancel).ConfigureAwait(false);
            }

            var frame = await AttemptAsync(request, cancel).ConfigureAwait(false);
            if (frame.Outcome == DirectFrameOutcome.Frame)
            {
                return frame.Body;
            }

            if (!reused || frame.Outcome != DirectFrameOutcome.Closed)
            {
                throw DirectClientErrors.From(request.Operation, _peer, frame, options);
            }

            // The listener had closed the kept connection. Every command may be repeated, so a fresh connection gets one chance.
            logger.Reconnecting(_peer);
            reused = false;
        }
    }

    private async ValueTask<DirectFrame> AttemptAsync(DirectRequest request, CancellationToken cancel)
    {
        var failed = await DirectFrameWriter.WriteAsync(_channel!.Stream, request.Preamble, request.Argument, options.WriteTimeout, cancel).ConfigureAwait(false);
        if (failed is { } outcome)
        {
            return new DirectFrame(outcome);
        }

        return request.ExpectsReply
            ? await _reader!.ReadAsync(options.ReplyTimeout, cancel).ConfigureAwait(false)
            : new DirectFrame(DirectFrameOutcome.Frame);
    }

    private async Task OpenAsync(string operation, CancellationToken cancel)
    {
        Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(options.ConnectTimeout);
        try
        {
            _channel = await connector.ConnectAsync(endpoint, deadline.Token).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw DirectClientErrors.Connect(operation, _peer, e);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            throw DirectClientErrors.NotProved(operation, _peer, e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw DirectClientErrors.ConnectTimedOut(operation, _peer, options.ConnectTimeout);
        }

        _reader = new DirectFrameReader(_channel.Stream, options.FrameBytesMax, options.BodyTimeout, new ByteBudget(options.FrameBytesMax));
        logger.Connected(_peer);
    }

    /// <summary>Whether the kept connection can be used: readable while idle means closed, or bytes that nobody asked for.</summary>
    private bool IsAlive()
    {
        try
        {
            return _channel is not null && !_channel.Socket.Poll(0, SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Close()
    {
        _channel?.Dispose();
        _channel = null;
        _reader = null;
    }
}
