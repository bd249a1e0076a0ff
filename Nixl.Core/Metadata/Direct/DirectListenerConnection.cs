using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Logging;
using Nixl.Liveness;
using Nixl.Serialization;

namespace Nixl.Metadata;

/// <summary>One peer's connection to the listener, from its acceptance to its end.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore never makes a wait handle, and a heartbeat may still look at it after the end.")]
internal sealed class DirectListenerConnection(
    Socket socket, IPEndPoint peer, ByteBudget budget, IMetadataEndpoint target, DirectListenerOptions options, ILogger logger, LogThrottle throttle)
    : IHeartbeatReceiver
{
    // How many heartbeats in a row may find the connection busy before its peer counts as one that does not read.
    private const int SkippedMax = 8;

    // How long the last one waits for a frame that is being written.
    private const int LastWaitMs = 100;

    private readonly SemaphoreSlim _writing = new(1, 1); // one frame after the other
    private int _skipped;
    private volatile bool _subscribed;
    private Stream _stream = Stream.Null; // set before the first frame
    private DirectFrameReader _reader = null!;
    private string? _proof;

    private readonly IPAddress _source = peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address;

    /// <summary>Whether the peer gets heartbeats here.</summary>
    internal bool IsSubscribed => _subscribed;

    /// <summary>Hands a heartbeat to the network; skips it while a frame is being written, unless it is the last one.</summary>
    public bool TrySend(ReadOnlyMemory<byte> frame, bool isLast)
    {
        if (!_writing.Wait(isLast ? LastWaitMs : 0))
        {
            if (Interlocked.Increment(ref _skipped) < SkippedMax)
            {
                return true;
            }

            socket.Dispose(); // ends the reading of its commands, too
            return false;
        }

        Volatile.Write(ref _skipped, 0);
        try
        {
            var sent = _stream.WriteAsync(frame);
            if (sent.IsCompletedSuccessfully)
            {
                _writing.Release();
                return true;
            }

            _ = ReleaseAfterAsync(sent);
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            _writing.Release();
            return false;
        }
    }

    /// <summary>Carries out the peer's commands until it leaves, misbehaves or <paramref name="stop"/> is cancelled. Closes the socket; never throws.</summary>
    internal async Task ServeAsync(CancellationToken stop)
    {
        using (socket)
        {
            try
            {
                // Silence is allowed only to those who have spoken: NIXL's agents connect when they have something to say, and stay.
                var silence = options.FirstFrameTimeout;
                if (!await TryBeginAsync(stop).ConfigureAwait(false))
                {
                    return;
                }

                while (await TryServeFrameAsync(silence, stop).ConfigureAwait(false))
                {
                    silence = Timeout.InfiniteTimeSpan;
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The listener stops.
            }
            finally
            {
                if (_subscribed)
                {
                    target.Unsubscribe(this);
                }

                await _stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Encrypts the connection and has the peer prove who it is, as the options want it.</summary>
    private async ValueTask<bool> TryBeginAsync(CancellationToken stop)
    {
        _stream = new NetworkStream(socket, ownsSocket: false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(options.FirstFrameTimeout);
        try
        {
            if (options.Security.UsesTls)
            {
                (_stream, _proof) = await options.Security.SecureListenerAsync(_stream, limit.Token).ConfigureAwait(false);
            }

            _reader = new DirectFrameReader(_stream, options.FrameBytesMax, options.BodyTimeout, budget);
            if (options.Security.Key is { } key)
            {
                await KeyProof.RequireAsync(_stream, key, limit.Token).ConfigureAwait(false);
                _proof ??= DirectSecurity.KeyVoucher;
            }

            return true;
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException or ObjectDisposedException
            || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            Report(e is OperationCanceledException ? $"it did not prove who it is within {options.FirstFrameTimeout}" : $"it did not prove who it is: {e.Message}");
            return false;
        }
    }

    private async Task ReleaseAfterAsync(ValueTask sent)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The reading side notices, too.
        }

        _writing.Release();
    }

    private async ValueTask<bool> TryServeFrameAsync(TimeSpan silence, CancellationToken stop)
    {
        var frame = await _reader.ReadAsync(silence, stop).ConfigureAwait(false);
        if (frame.Outcome != DirectFrameOutcome.Frame)
        {
            Report(frame);
            return false;
        }

        if (!frame.Body.Span.StartsWith(DirectProtocol.Prefix))
        {
            Report($"it does not speak NIXL's metadata protocol; its frame of {frame.Body.Length} bytes begins with '{DirectProtocol.Describe(frame.Body.Span)}'");
            return false;
        }

        var rest = frame.Body;
        for (var count = 1; DirectProtocol.TryTakeCommand(ref rest, out var command); count++)
        {
            if (count > options.CommandsPerFrameMax)
            {
                Report($"a frame holds more than {options.CommandsPerFrameMax} commands");
                return false;
            }

            if (!await TryExecuteAsync(command, stop).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask<bool> TryExecuteAsync(DirectCommand command, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        switch (command.Kind)
        {
            case DirectCommandKind.Send:
                return await TryReplyAsync(stop).ConfigureAwait(false);
            case DirectCommandKind.Authenticate:
                Report("it wants a proof of a key, and this listener has none"); // closing tells it; NIXL's protocol has no other answer
                return false;
            case DirectCommandKind.Beat:
                return TrySubscribe(command);
            case DirectCommandKind.Load or DirectCommandKind.Invalidate:
                Execute(command);
                return true;
            default:
                if (throttle.TryEnter(out var suppressed))
                {
                    logger.UnknownCommand(peer, DirectProtocol.Describe(command.Argument.Span), suppressed);
                }

                return true;
        }
    }

    private bool TrySubscribe(DirectCommand command)
    {
        var status = target.Subscribe(command.Argument.Span, this);
        _subscribed |= status >= 0;
        if (status < 0 && throttle.TryEnter(out var suppressed))
        {
            logger.CommandFailed(peer, command.Kind, status, suppressed);
        }

        return status != NixlStatus.NotAllowed; // there is no room, and the peer knows
    }

    private void Execute(DirectCommand command)
    {
        try
        {
            var status = command.Kind == DirectCommandKind.Load ? target.LoadFromPeer(command.Argument, _source, _proof) : Invalidate(command.Argument.Span);
            if (status >= 0)
            {
                logger.CommandDone(peer, command.Kind, status);
            }
            else if (throttle.TryEnter(out var suppressed))
            {
                logger.CommandFailed(peer, command.Kind, status, suppressed);
            }
        }
        catch (Exception e)
        {
            ReportThrown(e, command.Kind);
        }
    }

    private NixlStatus Invalidate(ReadOnlySpan<byte> argument)
    {
        string name;
        try
        {
            name = SerDesFormat.StrictUtf8.GetString(argument);
        }
        catch (DecoderFallbackException)
        {
            return NixlStatus.InvalidParam;
        }

        return AgentNames.IsValid(name, MetadataLimits.Default.NameBytesMax, out _) ? target.InvalidateFromPeer(name, _source, _proof) : NixlStatus.InvalidParam;
    }

    private async ValueTask<bool> TryReplyAsync(CancellationToken stop)
    {
        var blob = Export();
        var preamble = DirectProtocol.Preamble(DirectProtocol.Load, blob.Length);
        await _writing.WaitAsync(stop).ConfigureAwait(false);
        DirectFrameOutcome? outcome;
        try
        {
            outcome = await DirectFrameWriter.WriteAsync(_stream, preamble, blob, options.WriteTimeout, stop).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }

        if (outcome is not { } failed)
        {
            return true;
        }

        Report(failed == DirectFrameOutcome.TimedOut ? $"it did not take its reply within {options.WriteTimeout}" : "it left before its reply was written");
        return false;
    }

    /// <summary>This agent's metadata; empty, which is NIXL's answer, where there is none to give.</summary>
    private ReadOnlyMemory<byte> Export()
    {
        try
        {
            var blob = target.ExportLocal();
            if (!DirectProtocol.WouldBeCut(blob.Span))
            {
                return blob;
            }

            if (throttle.TryEnter(out var suppressed))
            {
                logger.ExportWouldBeCut(peer, suppressed);
            }
        }
        catch (Exception e)
        {
            ReportThrown(e, DirectCommandKind.Send);
        }

        return default;
    }

    private void Report(in DirectFrame frame)
    {
        switch (frame.Outcome)
        {
            case DirectFrameOutcome.Silent:
                Report($"it sent nothing within {options.FirstFrameTimeout}");
                break;
            case DirectFrameOutcome.TimedOut:
                Report($"its frame did not arrive within {options.BodyTimeout}");
                break;
            case DirectFrameOutcome.Cut:
                Report("it left within a frame");
                break;
            case DirectFrameOutcome.TooLarge:
                Report($"it announced a frame of {frame.AnnouncedBytes} bytes; the limit is {options.FrameBytesMax}");
                break;
            case DirectFrameOutcome.OverBudget:
                Report($"all unfinished frames together would exceed {options.BufferedBytesMax} bytes");
                break;
            default:
                break; // it left between two frames, as everybody may
        }
    }

    private void Report(string reason)
    {
        if (throttle.TryEnter(out var suppressed))
        {
            logger.PeerClosed(peer, reason, suppressed);
        }
    }

    private void ReportThrown(Exception exception, DirectCommandKind command)
    {
        if (throttle.TryEnter(out var suppressed))
        {
            logger.CommandThrew(exception, peer, command, suppressed);
        }
    }
}
