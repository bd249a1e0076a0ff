using System.Diagnostics;
using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Queues;

namespace Nixl.Backends.Posix.Transfers;

/// <summary>One prepared transfer between memory and files.</summary>
/// <remarks>
/// <code>
/// (idle) --Start--> Moving --every batch is over--> Sealing --files looked at, durable if wanted--> (ended)
///                     '------ a failure, or the post was to stop -------------------------------------^
/// </code>
/// Batches of different queues end on different threads; who ends the last one carries the post on.
/// </remarks>
internal sealed unsafe class PosixRequest : BackendRequest
{
    // One system call each that touches no disk: so many may be looked at by whoever reaps.
    private const int FilesLookedAtInline = 16;

    private readonly BandwidthTable _bandwidth;
    private PosixFile[] _files = [];
    private IoBatch[] _batches = [];
    private IoBatch? _seal;

    // Per post.
    private uint _post;
    private long _started;
    private int _left;
    private int _failure;
    private int _error;
    private int _deleted;
    private IoOperation* _failed;
    private volatile bool _isStopped;
    private volatile bool _isForced;
    private volatile bool _isSealing;
    private volatile bool _inFlight;

    internal PosixRequest(bool isWrite, bool isDurable, long totalBytes, BandwidthTable bandwidth)
    {
        IsWrite = isWrite;
        IsDurable = isDurable && isWrite;
        TotalBytes = totalBytes;
        _bandwidth = bandwidth;
    }

    /// <summary>Whether bytes go to files.</summary>
    internal bool IsWrite { get; }

    /// <summary>Whether the bytes are on the device when the post ends.</summary>
    internal bool IsDurable { get; }

    /// <summary>The bytes of one post.</summary>
    internal long TotalBytes { get; }

    /// <summary>The end of the furthest write to a regular file, which the process's limit for files must allow.</summary>
    internal FarWrite Furthest { get; set; }

    /// <summary>Whether a post may still touch files, memory of the caller or native memory: from <see cref="Start"/> until all that is left is to tell the agent.</summary>
    internal bool InFlight => _inFlight;

    /// <summary>Whether nothing further is to be issued in this post.</summary>
    internal bool ShouldStop => _isForced || StopIssuing || Volatile.Read(ref _failure) != 0;

    /// <summary>The files, each once.</summary>
    internal ReadOnlySpan<PosixFile> Files => _files;

    /// <summary>The parts that go to different queues.</summary>
    internal ReadOnlySpan<IoBatch> Batches => _batches;

    /// <summary>The number of operations that the transfer consists of.</summary>
    internal int Pieces { get; private set; }

    /// <summary>The file of an operation.</summary>
    internal PosixFile File(IoOperation* operation) => _files[operation->File];

    /// <summary>Takes over what the transfer consists of. Once, before the first post.</summary>
    /// <param name="files">The files, each once.</param>
    /// <param name="batches">The parts, none empty.</param>
    /// <param name="blocking">The queue for what blocks.</param>
    internal void Compose(PosixFile[] files, IoBatch[] batches, IIoQueue blocking)
    {
        _files = files;
        _batches = batches;
        Pieces = batches.Sum(static batch => batch.Count);
        if (files.Length == 0 || (!IsDurable && files.Length <= FilesLookedAtInline))
        {
            return;
        }

        _seal = new IoBatch(this, blocking, files.Length);
        for (var i = 0; i < files.Length; i++)
        {
            _seal.Set(i, new IoOperation { Kind = OperationKind.Seal, File = i, Segment = -1, Descriptor = files[i].Descriptor, Buffer = -1 });
        }
    }

    /// <summary>Starts a post. It may have ended when this returns.</summary>
    internal void Start(uint post)
    {
        _post = post;
        _failure = 0;
        _failed = null;
        _isStopped = false;
        _isSealing = false;
        _inFlight = true;
        _started = Stopwatch.GetTimestamp();
        var batches = _batches;
        _left = Math.Max(1, batches.Length);
        if (batches.Length == 0)
        {
            BatchEnded();
            return;
        }

        foreach (var batch in batches)
        {
            batch.Begin();
        }

        // Nothing of this request is touched after the last batch was started.
        foreach (var batch in batches)
        {
            batch.Queue.Start(batch);
        }
    }

    /// <summary>Has every queue stop. May run beside the end of the post, not beside the next one's beginning.</summary>
    internal void Cancel()
    {
        foreach (var batch in _batches)
        {
            batch.Queue.Cancel(batch);
        }
    }

    /// <summary>For the engine's end: no agent says any more that the post is to stop.</summary>
    internal void CancelForGood()
    {
        _isForced = true;
        if (InFlight)
        {
            Cancel();
        }
    }

    /// <summary>Records the first failure of the post.</summary>
    internal void Note(IoOperation* operation, PosixFailure failure, int error)
    {
        if (Interlocked.CompareExchange(ref _failure, (int)failure, 0) == 0)
        {
            _failed = operation;
            _error = error;
        }
    }

    /// <summary>Records that something was not done because the post was to stop.</summary>
    internal void NoteStopped() => _isStopped = true;

    /// <summary>One batch is over. No gate is held. The last one carries the post on.</summary>
    internal void BatchEnded()
    {
        if (Interlocked.Decrement(ref _left) != 0)
        {
            return;
        }

        if (!_isSealing && _failure == 0 && !_isStopped)
        {
            _isSealing = true;
            if (_seal is not null)
            {
                _left = 1;
                _seal.Begin();
                _seal.Queue.Start(_seal);
                return;
            }

            LookForDeleted();
        }

        End();
    }

    /// <summary>Frees the native memory. Once, while not <see cref="InFlight"/>.</summary>
    internal void Free()
    {
        foreach (var batch in _batches)
        {
            batch.Free();
        }

        _seal?.Free();
        _batches = [];
        _seal = null;
    }

    private void LookForDeleted()
    {
        for (var i = 0; i < _files.Length; i++)
        {
            if (_files[i].IsDeleted())
            {
                _failure = (int)PosixFailure.Deleted;
                _error = Interop.Errno.ENOENT;
                _deleted = i;
                return;
            }
        }
    }

    /// <summary>Tells the agent. The last thing that happens with the request in this post.</summary>
    private void End()
    {
        if (_failure == 0 && !_isStopped)
        {
            _bandwidth.Note(this, Stopwatch.GetTimestamp() - _started);
            _inFlight = false;
            Complete(_post, NixlStatus.Success, TotalBytes);
            return;
        }

        var bytes = 0L;
        foreach (var batch in _batches)
        {
            bytes += batch.BytesDone();
        }

        var status = Explain(bytes, out var fault);
        _inFlight = false; // after the last look at an operation: who sees it may free them
        Fail(_post, status, bytes, fault);
    }

    private NixlStatus Explain(long bytes, out BackendFault fault)
    {
        if (_failure == 0)
        {
            fault = BackendFault.Because($"The transfer was stopped after {bytes} of {TotalBytes} bytes.");
            return NixlStatus.Canceled;
        }

        var failure = (PosixFailure)_failure;
        var file = failure == PosixFailure.Deleted && _failed is null ? _files[_deleted] : File(_failed);
        return FailureText.Explain(failure, _error, file, _failed, this, bytes, out fault);
    }
}
