using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Nixl.Backends.S3.Transfers;

/// <summary>One post of a transfer: hands the parts of its ranges out to slots in turn, and ends it when the last one is back.</summary>
/// <remarks>
/// <code>
/// Start --> ranges are opened, some at a time --> their parts take slots in turn --> all parts are back --> uploads are dropped if it failed --> Complete
/// </code>
/// A part owns its slot and its piece of memory until it is back. The first failure, or <see cref="Stop"/>, ends the others through one token.
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A source without a timer has nothing to give back, and a late Stop must find it whole.")]
internal sealed class S3Post
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _partsBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly S3Request _request;
    private readonly string?[] _etags;
    private readonly List<UploadCursor> _uploads = [];
    private long _bytes;
    private int _left = 1;
    private int _isFailed;
    private NixlStatus _status;
    private BackendFault _fault;

    internal S3Post(S3Request request, uint number)
    {
        _request = request;
        Number = number;
        _etags = new string?[request.Objects];
    }

    /// <summary>The agent's number for it.</summary>
    internal uint Number { get; }

    /// <summary>Bytes moved so far.</summary>
    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Ends when the agent has been told.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>The store.</summary>
    internal Store Store => _request.Store;

    /// <summary>Canceled when nothing further is to be done in this post.</summary>
    internal CancellationToken Token => _stop.Token;

    /// <summary>Begins. Returns at once.</summary>
    internal void Start() => ThreadPool.UnsafeQueueUserWorkItem(static post => _ = post.RunAsync(), this, preferLocal: false);

    /// <summary>Asks for an early end: requests in flight are cut off. Returns at once.</summary>
    internal void Stop() => ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), _stop, preferLocal: false);

    /// <summary>Counts bytes that are where they belong.</summary>
    internal void AddBytes(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>The ETag that all parts of an object must have; null before the first answer.</summary>
    internal string? ETagOf(int number) => Volatile.Read(ref _etags[number]);

    /// <summary>Says which ETag an answer had; false when an earlier one had another: the object was replaced.</summary>
    internal bool MatchesETag(int number, string etag) => (Interlocked.CompareExchange(ref _etags[number], etag, null) ?? etag) == etag;

    /// <summary>Records a failure; the first one counts and stops the rest.</summary>
    internal void Note(RequestFailedException exception, string subject, int segment)
    {
        if (Interlocked.Exchange(ref _isFailed, 1) == 0)
        {
            var failure = exception.Failure;
            var attempts = exception.Attempts == 1 ? "" : $" after {exception.Attempts} attempts";
            _status = failure.Status;
            _fault = new BackendFault(failure.Http, segment, $"{(_request.IsWrite ? "Writing" : "Reading")} {subject} failed{attempts}: {failure.Summary}", failure.Hint);
            Stop();
        }
    }

    private async Task RunAsync()
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await HandOutAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Token.IsCancellationRequested)
        {
            // Stopped; the parts that are out come back below.
        }
#pragma warning disable CA1031 // As in a part: whatever it is, the post must end, and not well.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            Note(new RequestFailedException(S3Status.Of(defect, Store.Secrets), 1), Store.Options.Place, -1);
        }

        BackAgain();
        await _partsBack.Task.ConfigureAwait(false);

        // Nothing touches the memory any more.
        foreach (var upload in _uploads)
        {
            await upload.DropAsync().ConfigureAwait(false);
        }

        End(started);
    }

    /// <summary>Opens ranges and hands their parts out in turn, so that none waits for another's end.</summary>
    private async Task HandOutAsync()
    {
        var plans = _request.Plans;
        var open = new Queue<IPartCursor>();
        for (var next = 0; next < plans.Length || open.Count > 0;)
        {
            while (open.Count < Store.Options.Concurrency && next < plans.Length)
            {
                open.Enqueue(Open(plans[next++]));
            }

            var cursor = open.Dequeue();
            await cursor.Ready.ConfigureAwait(false);
            await Store.Slots.WaitAsync(Token).ConfigureAwait(false);
            Interlocked.Increment(ref _left);
            var (work, hasMore) = cursor.Next();
            ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Post.RunPartAsync(state.Work), (Post: this, Work: work), preferLocal: false);
            if (hasMore)
            {
                open.Enqueue(cursor);
            }
        }
    }

    private IPartCursor Open(ObjectPlan plan)
    {
        if (!_request.IsWrite)
        {
            return new ReadCursor(this, plan);
        }

        if (plan.Run.Length <= Store.Options.MultipartThreshold)
        {
            return new PutCursor(this, plan);
        }

        var upload = new UploadCursor(this, plan);
        _uploads.Add(upload);
        upload.Begin();
        return upload;
    }

    private async Task RunPartAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception) when (Token.IsCancellationRequested)
        {
            // Stopped: what breaks then breaks because of it.
        }
#pragma warning disable CA1031 // A part that ended in a way that nobody foresaw has not moved its bytes: the post must not end well.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            Note(new RequestFailedException(S3Status.Of(defect, Store.Secrets), 1), Store.Options.Place, -1);
        }
        finally
        {
            Store.Slots.Release();
            BackAgain();
        }
    }

    private void BackAgain()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _partsBack.SetResult();
        }
    }

    /// <summary>Tells the agent: the last thing that happens with the request in this post.</summary>
    private void End(long started)
    {
        var (bytes, total) = (Bytes, _request.TotalBytes);
        var (status, fault) = (NixlStatus.Success, default(BackendFault));
        if (_isFailed != 0)
        {
            (status, fault) = (_status, _fault with { Detail = $"{_fault.Detail}; {bytes} of {total} bytes were moved." });
        }
        else if (_stop.IsCancellationRequested)
        {
            (status, fault) = (NixlStatus.Canceled, BackendFault.Because($"The transfer was stopped after {bytes} of {total} bytes."));
        }
        else if (bytes != total)
        {
            (status, fault) = (NixlStatus.BackendError, BackendFault.Because($"Only {bytes} of {total} bytes were moved, and no request said why.", "Report this as a defect of the backend."));
        }
        else
        {
            Store.Costs.Note(_request.IsWrite, total, _request.Plans.Length, Stopwatch.GetTimestamp() - started);
        }

        _request.Fail(Number, status, status == NixlStatus.Success ? total : bytes, fault);
        _ended.SetResult();
    }
}
