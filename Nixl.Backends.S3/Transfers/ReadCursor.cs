using Nixl.Backends.S3.Client;
using Nixl.Backends.S3.Memory;

namespace Nixl.Backends.S3.Transfers;

/// <summary>Reads a range in parts, each by a GET whose body goes from the socket to registered memory.</summary>
internal sealed class ReadCursor(S3Post post, ObjectPlan plan) : IPartCursor
{
    private readonly int _parts = (int)Math.Max(1, (plan.Run.Length + post.Store.Options.PartBytes - 1) / post.Store.Options.PartBytes);
    private int _next;
    private int _left = (int)Math.Max(1, (plan.Run.Length + post.Store.Options.PartBytes - 1) / post.Store.Options.PartBytes);

    /// <inheritdoc/>
    public Task Ready => Task.CompletedTask;

    /// <inheritdoc/>
    public (Func<Task> Work, bool HasMore) Next()
    {
        var part = _next++;
        return (() => ReadAsync(part), _next < _parts);
    }

    private async Task ReadAsync(int part)
    {
        var start = (long)part * post.Store.Options.PartBytes;
        var end = Math.Min(start + post.Store.Options.PartBytes, plan.Run.Length);
        var position = start;
        try
        {
            await post.Store.TryAsync(
                async guard =>
                {
                    using var body = await OpenAsync(position, end, guard).ConfigureAwait(false);
                    var window = new NativeWindow();
                    while (position < end)
                    {
                        var read = await body.Body.ReadAsync(window.Move(plan.Run.Span(position, end - position)), guard.Token).ConfigureAwait(false);
                        if (read == 0)
                        {
                            throw new HttpIOException(HttpRequestError.ResponseEnded);
                        }

                        guard.Touch();
                        position += read;
                        post.AddBytes(read);
                    }

                    return true;
                },
                () => position,
                post.Token).ConfigureAwait(false);
            if (Interlocked.Decrement(ref _left) == 0 && post.Store.Options.Checksum != ChecksumKind.None)
            {
                await VerifyAsync().ConfigureAwait(false);
            }
        }
        catch (RequestFailedException failure)
        {
            var at = plan.Run.Offset;
            post.Note(
                failure,
                $"{post.Store.Options.Place}/{plan.Key}, bytes {at + start} to {at + end - 1} (part {part + 1} of {_parts}), at {at + position},",
                plan.Run.At(position < plan.Run.Length ? position : start).Segment);
        }
    }

    private async Task<ObjectBody> OpenAsync(long position, long end, StallGuard guard)
    {
        var body = await post.Store.Client.GetAsync(
            plan.Key, plan.Run.Offset + position, end - position, post.ETagOf(plan.Object), guard.Token).ConfigureAwait(false);
        guard.Touch();
        if (!post.MatchesETag(plan.Object, body.ETag))
        {
            body.Dispose();
            throw new ObjectException(new S3Failure(
                NixlStatus.Mismatch, 200, "ETagChanged", $"it has the ETag {body.ETag} now", false, "The object was replaced while it was read: post again."));
        }

        return body;
    }

    /// <summary>Compares all bytes with what the writer recorded, where all of the object was read.</summary>
    private async Task VerifyAsync()
    {
        var (store, kind) = (post.Store, post.Store.Options.Checksum);
        var facts = await store.TryAsync(guard => store.Client.HeadAsync(plan.Key, guard.Token), null, post.Token).ConfigureAwait(false);
        if (facts is null || facts.ETag != post.ETagOf(plan.Object))
        {
            throw new RequestFailedException(
                new S3Failure(NixlStatus.Mismatch, 200, "ETagChanged", "", false, "The object was replaced while it was read: post again."), 1);
        }

        if (plan.Run.Offset != 0 || facts.Length != plan.Run.Length || !RecordedChecksum.TryParse(facts.Checksum, kind, out var recorded, out var partBytes))
        {
            store.Logger.NotVerified(store.Agent, $"{store.Options.Place}/{plan.Key}", facts.Length != plan.Run.Length || plan.Run.Offset != 0 ? "only a part of it was read" : "none is recorded with it");
            return;
        }

        var found = RecordedChecksum.ComputeWhole(kind, plan.Run, partBytes);
        if (found != recorded)
        {
            throw new RequestFailedException(
                new S3Failure(
                    NixlStatus.Mismatch, 200, "ChecksumMismatch", $"{kind} is {found}, recorded is {recorded}", false,
                    "The bytes changed between the writer's memory and this one: read again, and look for what lies between."),
                1);
        }
    }
}
