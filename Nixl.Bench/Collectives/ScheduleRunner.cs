using System.Buffers.Binary;
using Nixl.Bench.Coordination;

namespace Nixl.Bench.Collectives;

/// <summary>Does the steps of schedules. One thread; allocates nothing when warm.</summary>
internal sealed class ScheduleRunner(RankMemory memory, IRendezvous ranks, ElementKind kind, int tags, TimeSpan limit)
{
    // Ranks of one machine may be more than its processors: the one that is waited for has to get one.
    private const int PollsPerYield = 16;
    private const int YieldsPerLook = 64;

    private readonly int[] _arrived = new int[tags];
    private int _polls;
    private int _yields;
    private long _deadline;

    /// <summary>One collective operation.</summary>
    /// <exception cref="BenchmarkException">A rank is gone, or nothing moves.</exception>
    internal void Run(Schedule schedule)
    {
        foreach (ref readonly var step in schedule.Next())
        {
            switch (step.Kind)
            {
                case StepKind.Send:
                    Check(schedule.Transfer(step.Index), schedule.Transfer(step.Index).Post());
                    break;
                case StepKind.AwaitSent:
                    AwaitSent(schedule.Transfer(step.Index));
                    break;
                case StepKind.AwaitArrival:
                    AwaitArrival(step.Index);
                    break;
                case StepKind.Add:
                    Elements.Add(kind, memory.Span(step.Left, step.Bytes), memory.Span(step.Right, step.Bytes), memory.Span(step.To, step.Bytes));
                    break;
                default:
                    memory.Span(step.Left, step.Bytes).CopyTo(memory.Span(step.To, step.Bytes));
                    break;
            }
        }
    }

    private static void Check(Transfer transfer, NixlStatus status)
    {
        if (status is not (NixlStatus.Success or NixlStatus.InProgress))
        {
            transfer.ThrowIfFailed();
            throw new BenchmarkException($"A transfer to {transfer.RemoteAgent} could not be posted: {status}.");
        }
    }

    private void AwaitSent(Transfer transfer)
    {
        _deadline = 0;
        NixlStatus status;
        while ((status = transfer.Check()) == NixlStatus.InProgress)
        {
            Idle("a transfer's end");
        }

        Check(transfer, status);
    }

    private void AwaitArrival(int tag)
    {
        _deadline = 0;
        while (_arrived[tag] == 0)
        {
            if (memory.Agent.TryGetNotification(out var notification))
            {
                Take(notification);
            }
            else
            {
                Idle("a peer's data");
            }
        }

        _arrived[tag]--;
    }

    private void Take(Notification notification)
    {
        using (notification)
        {
            var known = notification.Payload.Length == sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(notification.Payload) : -1;
            if ((uint)known >= (uint)_arrived.Length)
            {
                throw new BenchmarkException($"{notification.Sender} sent a notification that belongs to no step.");
            }

            _arrived[known]++;
        }
    }

    private void Idle(string what)
    {
        if (++_polls % PollsPerYield != 0)
        {
            return;
        }

        Thread.Yield();
        if (++_yields % YieldsPerLook != 0)
        {
            return;
        }

        ranks.ThrowIfBroken();
        var now = Environment.TickCount64;
        _deadline = _deadline == 0 ? now + (long)limit.TotalMilliseconds : _deadline;
        if (now > _deadline)
        {
            throw new BenchmarkException(FormattableString.Invariant($"Waiting for {what} took more than {limit.TotalSeconds:0.##} s."));
        }
    }
}
