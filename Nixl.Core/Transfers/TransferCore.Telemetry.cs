using System.Diagnostics;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>Counting and timing. With telemetry off a post pays one look at a null field; errors are counted always.</content>
internal sealed partial class TransferCore
{
    private readonly TransferClock? _clock;

    /// <summary>Posts that ended with success, as far as they are counted; final once it is released.</summary>
    internal long Succeeded => _clock is { } clock ? clock.Succeeded : 0;

    internal NixlStatus GetTelemetry(out TransferTelemetry telemetry)
    {
        telemetry = default;
        if (_clock is not { } clock)
        {
            return NixlStatus.NoTelemetry;
        }

        clock.Ask();
        for (var spin = default(SpinWait); ; spin.SpinOnce(sleep1Threshold: -1))
        {
            var word = Volatile.Read(ref _request.Word);
            var hasEnded = RequestWord.Has(word, RequestWord.Ended);
            if (!hasEnded && !RequestWord.Has(word, RequestWord.InFlight))
            {
                return NixlStatus.NotPosted;
            }

            var (begun, posted, ended, isTimed) = (clock.Begun, clock.Posted, clock.Ended, clock.IsTimed);
            if (Volatile.Read(ref _request.Word) != word || (hasEnded && ended < begun))
            {
                continue; // this post ended between the reads, or another one is beginning
            }

            if (!isTimed && !hasEnded)
            {
                begun = posted = Stopwatch.GetTimestamp(); // nothing is known of this one
            }

            var handedOver = posted != 0 ? posted : hasEnded ? ended : begun;
            telemetry = new TransferTelemetry(
                DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(begun),
                Stopwatch.GetElapsedTime(begun, handedOver),
                hasEnded ? Stopwatch.GetElapsedTime(begun, ended) : TimeSpan.Zero,
                TotalBytes,
                SegmentCount);
            return hasEnded ? NixlStatus.Success : NixlStatus.InProgress;
        }
    }

    /// <summary>Takes note of an end that is about to be published.</summary>
    private void RecordEnd(NixlStatus status)
    {
        _clock?.End(status == NixlStatus.Success);
        if (status != NixlStatus.Success)
        {
            _loop.Settings.Counters.CountError(status);
        }

        if (NixlSpan.Source.HasListeners())
        {
            TraceEnd(status);
        }
    }

    /// <summary>Takes note of a post that was refused.</summary>
    private NixlStatus RecordRefusal(NixlStatus status) => _loop.Settings.Counters.CountError(status);
}
