using System.Globalization;
using Nixl.Backends.S3.Memory;
using Nixl.Backends.S3.Transfers;

namespace Nixl.Backends.S3.Query;

/// <summary>Looks at many objects at once, by HEAD, as many side by side as requests may be in flight.</summary>
internal static class ObjectQuery
{
    internal static async Task<IReadOnlyList<MemoryAnswer>> RunAsync(
        MemoryType type, IReadOnlyList<RegistrationDescriptor> descriptors, Store store, CancellationToken cancellationToken)
    {
        var answers = new MemoryAnswer[descriptors.Count];
        var next = -1;
        async Task WorkAsync()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < answers.Length;)
            {
                answers[i] = await LookAsync(type, descriptors[i], store, cancellationToken).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Math.Min(store.Options.Concurrency, answers.Length)).Select(_ => Task.Run(WorkAsync, cancellationToken))).ConfigureAwait(false);
        return answers;
    }

    private static async Task<MemoryAnswer> LookAsync(MemoryType type, RegistrationDescriptor descriptor, Store store, CancellationToken cancellationToken)
    {
        if (type != MemoryType.Object)
        {
            return new MemoryAnswer(NixlStatus.NotSupported, null, BackendFault.Because($"The OBJ backend knows nothing about {type} memory.", "Ask it about objects."));
        }

        if (ObjectKey.Read(descriptor.MetaInfo.Span, descriptor.Range.DeviceId, out var fault) is not { } key)
        {
            return new MemoryAnswer(NixlStatus.InvalidParam, null, fault);
        }

        await store.Slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var facts = await store.TryAsync(guard => store.Client.HeadAsync(key, guard.Token), null, cancellationToken).ConfigureAwait(false);
            return new MemoryAnswer(NixlStatus.Success, facts is null ? null : new Dictionary<string, string>
            {
                ["size"] = facts.Length.ToString(CultureInfo.InvariantCulture),
                ["mtime"] = facts.ModifiedSeconds.ToString(CultureInfo.InvariantCulture),
                ["etag"] = facts.ETag,
            });
        }
        catch (RequestFailedException failed)
        {
            var (failure, attempts) = (failed.Failure, failed.Attempts == 1 ? "" : $" after {failed.Attempts} attempts");
            return new MemoryAnswer(
                failure.Status, null, new BackendFault(failure.Http, -1, $"Looking at {store.Options.Place}/{key} failed{attempts}: {failure.Summary}", failure.Hint));
        }
        finally
        {
            store.Slots.Release();
        }
    }
}
