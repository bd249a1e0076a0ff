using System.Diagnostics;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>Counting and timing. With telemetry off a post pays one look at a null field; errors are counted always.</content>
public sealed partial class Transfer
{
    private readonly TransferClock? _clock;

    /// <summary>What the current or last post took. Reads memory only; any thread may call.</summary>
    /// <param name="telemetry">The times; of a post in progress what is known so far, otherwise empty unless the answer is Success.</param>
    /// <returns>Success when the post has ended, whichever way (<see cref="Status"/> says which); InProgress; NotPosted; NoTelemetry when
    /// <see cref="NixlAgentOptions.Telemetry"/> is off.</returns>
    public NixlStatus GetTelemetry(out TransferTelemetry telemetry)
    {
        telemetry = default;
        if (_clock is not { } clock)
        {
            return NixlStatus.NoTelemetry;
        }

        for (var spin = default(SpinWait); ; spin.SpinOnce(sleep1Threshold: -1))
        {
            var word = Volatile.Read(ref _request.Word);
            var hasEnded = RequestWord.Has(word, RequestWord.Ended);
            if (!hasEnded && !RequestWord.Has(word, RequestWord.InFlight))
            {
                return NixlStatus.NotPosted;
            }

            var (begun, posted, ended) = (clock.Begun, clock.Posted, clock.Ended);
            if (Volatile.Read(ref _request.Word) != word || (hasEnded && ended < begun))
            {
                continue; // this post ended between the reads, or another one is beginning
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
        else if (_clock is not null)
        {
            _loop.Settings.Counters.CountSuccess(Operation, TotalBytes);
        }

        if (NixlSpan.Source.HasListeners())
        {
            TraceEnd(status);
        }
    }

    /// <summary>Takes note of a post that was refused.</summary>
    private NixlStatus RecordRefusal(NixlStatus status) => _loop.Settings.Counters.CountError(status);
}
