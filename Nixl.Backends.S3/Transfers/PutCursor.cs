using Nixl.Backends.S3.Client;
using Nixl.Backends.S3.Memory;

namespace Nixl.Backends.S3.Transfers;

/// <summary>Writes a whole object by one PUT.</summary>
internal sealed class PutCursor(S3Post post, ObjectPlan plan) : IPartCursor
{
    /// <inheritdoc/>
    public Task Ready => Task.CompletedTask;

    /// <inheritdoc/>
    public (Func<Task> Work, bool HasMore) Next() => (PutAsync, false);

    private async Task PutAsync()
    {
        var (store, run) = (post.Store, plan.Run);
        var kind = store.Options.Checksum;
        try
        {
            var checksum = kind == ChecksumKind.None ? null : RecordedChecksum.Compute(kind, run, 0, run.Length);
            var tags = new ObjectTags("", checksum is null ? "" : RecordedChecksum.Format(kind, checksum, 0));
            await store.TryAsync(
                async guard =>
                {
                    using var body = new RunStream(run, 0, run.Length, guard.Touch);
                    try
                    {
                        await store.Client.PutAsync(plan.Key, body, checksum, tags, guard.Token).ConfigureAwait(false);
                        return true;
                    }
                    finally
                    {
                        body.Detach();
                    }
                },
                null,
                post.Token).ConfigureAwait(false);
            post.AddBytes(run.Length);
        }
        catch (RequestFailedException failure)
        {
            post.Note(failure, $"{store.Options.Place}/{plan.Key} ({run.Length} bytes)", plan.Segment);
        }
    }
}
