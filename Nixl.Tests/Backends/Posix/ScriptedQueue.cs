using Nixl.Backends.Posix.Queues;

namespace Nixl.Tests.Backends.Posix;

/// <summary>A queue whose kernel is the test: it has slots as a ring has, takes what they hold only when it is told to, and ends operations only then.</summary>
internal sealed unsafe class ScriptedQueue(int depth) : KernelQueue(depth)
{
    private readonly List<(nint Operation, bool IsCancellation)> _slots = [];
    private readonly List<(nint Operation, long? Result)> _ended = [];

    public override string Name => "script";

    /// <summary>Whether the kernel takes what is submitted.</summary>
    internal bool Takes { get; set; } = true;

    /// <summary>The operations that the kernel was handed, in order.</summary>
    internal List<nint> Taken { get; } = [];

    /// <summary>The operations whose cancellation the kernel was handed, in order.</summary>
    internal List<nint> Cancelled { get; } = [];

    private protected override bool HasUnsubmitted => _slots.Count > 0;

    public override void Dispose()
    {
    }

    /// <summary>Ends an operation as one that the kernel had refused; whether work is left that nothing announces.</summary>
    internal bool Refuse(nint operation, int error) => UnderGate(() => Returned((IoOperation*)operation, -error));

    /// <summary>Ends every operation that the kernel has the next time somebody looks: completely, or with a result of the kernel's.</summary>
    internal void EndTaken(long? result = null)
    {
        _ended.AddRange(Taken.Select(operation => (operation, result)));
        Taken.Clear();
    }

    private protected override bool HasRoom()
    {
        if (_slots.Count == Depth)
        {
            Submit();
        }

        return _slots.Count < Depth;
    }

    private protected override void Place(IoOperation* operation) => Fill((nint)operation, isCancellation: false);

    private protected override bool TryCancelOne(IoOperation* operation)
    {
        if (!HasRoom())
        {
            return false;
        }

        Fill((nint)operation, isCancellation: true);
        return true;
    }

    private protected override void Submit()
    {
        if (Takes)
        {
            Taken.AddRange(_slots.Where(static slot => !slot.IsCancellation).Select(static slot => slot.Operation));
            Cancelled.AddRange(_slots.Where(static slot => slot.IsCancellation).Select(static slot => slot.Operation));
            _slots.Clear();
        }
    }

    private protected override int Reap()
    {
        var ended = _ended.ToArray();
        _ended.Clear();
        foreach (var (operation, result) in ended)
        {
            var of = (IoOperation*)operation;
            Returned(of, result ?? of->Length - of->Done);
        }

        return ended.Length;
    }

    private protected override bool HasCompletions() => _ended.Count > 0;

    private void Fill(nint operation, bool isCancellation)
    {
        if (_slots.Count == Depth)
        {
            throw new InvalidOperationException("An entry that the kernel has not taken would be overwritten.");
        }

        _slots.Add((operation, isCancellation));
    }
}
