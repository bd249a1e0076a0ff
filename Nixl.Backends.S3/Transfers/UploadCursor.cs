using Nixl.Backends.S3.Client;
using Nixl.Backends.S3.Memory;

namespace Nixl.Backends.S3.Transfers;

/// <summary>Writes a whole object in parts.</summary>
/// <remarks>
/// <code>
/// Begin --> initiated --> parts, side by side --the last one is there--> completed
///              '------- stopped or failed -------> dropped, by the janitor where that fails, too
/// </code>
/// </remarks>
internal sealed class UploadCursor : IPartCursor
{
    private const int RoundTo = 1 << 20;

    private readonly S3Post _post;
    private readonly ObjectPlan _plan;
    private readonly long _partBytes;
    private readonly string[] _etags;
    private readonly string?[] _checksums;
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _uploadId;
    private volatile bool _isCompleted;
    private DateTimeOffset _begun;
    private int _lost;
    private int _next;
    private int _left;

    internal UploadCursor(S3Post post, ObjectPlan plan)
    {
        (_post, _plan) = (post, plan);
        _partBytes = PartBytesOf(plan.Run.Length, post.Store.Options.PartBytes);
        _left = (int)((plan.Run.Length + _partBytes - 1) / _partBytes);
        _etags = new string[_left];
        _checksums = new string?[_left];
    }

    /// <inheritdoc/>
    public Task Ready => _ready.Task;

    private Store Store => _post.Store;

    private string Subject => $"{Store.Options.Place}/{_plan.Key}";

    /// <summary>Begins the upload. Returns at once.</summary>
    internal void Begin() => _ = InitiateAsync();

    /// <inheritdoc/>
    public (Func<Task> Work, bool HasMore) Next()
    {
        var part = _next++;
        return (() => PutPartAsync(part), _next < _etags.Length);
    }

    /// <summary>Sees to it that nothing of an upload that was not completed stays in the store. Waits a moment for it, not for ever.</summary>
    internal async Task DropAsync()
    {
        await _ready.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_uploadId is { } uploadId)
        {
            await Store.Janitor.SettleAsync(_plan.Key, uploadId, mustDrop: !_isCompleted).ConfigureAwait(false);
        }
    }

    /// <summary>Parts as large as asked, but no more than S3 takes, and no smaller than it allows.</summary>
    internal static long PartBytesOf(long length, int wanted)
    {
        var least = (length + S3Options.UploadPartsMax - 1) / S3Options.UploadPartsMax;
        least = (least + RoundTo - 1) / RoundTo * RoundTo;
        return Math.Max(Math.Max(wanted, S3Options.UploadPartBytesMin), least);
    }

    private async Task InitiateAsync()
    {
        try
        {
            await Store.Slots.WaitAsync(_post.Token).ConfigureAwait(false);
            Store.Janitor.Begin(_plan.Key);
            try
            {
                var kind = Store.Options.Checksum;
                var tags = new ObjectTags(
                    _mark,
                    kind == ChecksumKind.None ? "" : RecordedChecksum.Format(
                        kind, RecordedChecksum.ComputeWhole(kind, _plan.Run, _partBytes), kind == ChecksumKind.Sha256 ? _partBytes : 0));
                await Store.TryAsync(guard => InitiateOnceAsync(tags, guard), null, _post.Token).ConfigureAwait(false);
            }
            finally
            {
                Store.Slots.Release();
                Store.Janitor.Begun(_plan.Key);
                if (_lost > 0)
                {
                    Store.Janitor.LookFor(_plan.Key, _lost, _begun);
                }
            }

            _ready.SetResult();
        }
        catch (Exception) when (_post.Token.IsCancellationRequested)
        {
            _ready.SetCanceled(CancellationToken.None);
        }
#pragma warning disable CA1031 // Whatever it is, the post that waits for the beginning must go on to its end.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _post.Note(
                failure as RequestFailedException ?? new RequestFailedException(S3Status.Of(failure, Store.Secrets), 1),
                $"{Subject} (beginning an upload of {_etags.Length} parts)",
                _plan.Segment);
            _ready.SetCanceled(CancellationToken.None);
        }
    }

    /// <summary>One attempt. Where its answer is lost, the store may have begun an upload whose id nobody knows: the janitor looks for it when this is over, because
    /// it knows an upload that is not ours by the ids that are.</summary>
    private async Task<bool> InitiateOnceAsync(ObjectTags tags, StallGuard guard)
    {
        _begun = _lost == 0 ? DateTimeOffset.UtcNow : _begun;
        try
        {
            _uploadId = await Store.Client.InitiateAsync(_plan.Key, tags, guard.Token).ConfigureAwait(false);
            Store.Janitor.Expect(_uploadId);
            return true;
        }
        catch (Exception lost) when (S3Status.Of(lost, Store.Secrets) is { Http: 0 or >= 500 })
        {
            _lost++;
            throw;
        }
    }

    private async Task PutPartAsync(int part)
    {
        var start = part * _partBytes;
        var length = Math.Min(_partBytes, _plan.Run.Length - start);
        var subject = $"{Subject}, part {part + 1} of {_etags.Length} ({length} bytes)";
        try
        {
            var kind = Store.Options.Checksum;
            _checksums[part] = kind == ChecksumKind.None ? null : RecordedChecksum.Compute(kind, _plan.Run, start, length);
            _etags[part] = await Store.TryAsync(
                async guard =>
                {
                    using var body = new RunStream(_plan.Run, start, length, guard.Touch);
                    try
                    {
                        return await Store.Client.PutPartAsync(_plan.Key, _uploadId!, part + 1, body, _checksums[part], guard.Token).ConfigureAwait(false);
                    }
                    finally
                    {
                        body.Detach();
                    }
                },
                null,
                _post.Token).ConfigureAwait(false);
            _post.AddBytes(length);
            if (Interlocked.Decrement(ref _left) == 0)
            {
                subject = $"{Subject} (completing an upload of {_etags.Length} parts)";
                await CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (RequestFailedException failure)
        {
            _post.Note(failure, subject, _plan.Run.At(start).Segment);
        }
    }

    /// <summary>Completes the upload. An answer that is lost, or that says the upload is gone, is no proof of anything: the object itself is looked at, and one with
    /// our mark is the one that we made.</summary>
    private async Task CompleteAsync()
    {
        try
        {
            await Store.TryAsync(
                async guard =>
                {
                    try
                    {
                        await Store.Client.CompleteAsync(_plan.Key, _uploadId!, _etags, _checksums, guard.Token).ConfigureAwait(false);
                    }
                    catch (Exception uncertain) when (!_post.Token.IsCancellationRequested && MayHaveCompleted(S3Status.Of(uncertain, Store.Secrets)))
                    {
                        using var look = new StallGuard(Store.Options.Stall, _post.Token);
                        if ((await Store.Client.HeadAsync(_plan.Key, look.Token).ConfigureAwait(false))?.Mark != _mark)
                        {
                            throw;
                        }
                    }

                    _isCompleted = true;
                    return true;
                },
                null,
                _post.Token).ConfigureAwait(false);
        }
        catch (RequestFailedException failure) when (failure.Failure.Http is 0 or >= 500)
        {
            throw new RequestFailedException(
                failure.Failure with { Hint = "Whether the object was made is not known: QueryMemory tells when the store answers again. Posting again makes it anew." },
                failure.Attempts);
        }
    }

    private static bool MayHaveCompleted(S3Failure failure) => failure.Http is 0 or >= 500 || failure.Code == "NoSuchUpload";
}
