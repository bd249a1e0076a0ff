using Nixl.Discovery;

namespace Nixl.Metadata.Etcd;

/// <content>Metadata that is too large for one value. Upstream's key is empty meanwhile: never a part of a blob.</content>
public sealed partial class EtcdStore
{
    // Below etcd's standard limit of 1.5 MiB for a request; halved where the server's is lower.
    private const int PartBytes = 1 << 20;
    private const int PartBytesLeast = 16 << 10;

    private readonly HashSet<string> _split = new(StringComparer.Ordinal); // labels; guarded by _turn

    private string ManifestKey(string agent, string label) => $"{Keys.Parts(agent)}{label}";

    private string PartPrefix(string agent, string label) => $"{Keys.Parts(agent)}{label}/";

    private async Task PutPartsAsync(MetadataPublication publication, string key, CancellationToken cancellationToken)
    {
        for (var partBytes = PartBytes; ; partBytes /= 2)
        {
            try
            {
                await PutPartsOfAsync(publication, key, partBytes, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (EtcdException refusal) when (refusal.IsTooLarge)
            {
                if (partBytes <= PartBytesLeast)
                {
                    throw EtcdErrors.TooLarge(publication, refusal, _options.Endpoints);
                }
            }
        }
    }

    private async Task PutPartsOfAsync(MetadataPublication publication, string key, int partBytes, CancellationToken cancellationToken)
    {
        var manifest = SplitManifest.Of(publication.Blob.Span, partBytes);
        var prefix = PartPrefix(publication.Agent, publication.Label);
        for (var i = 0; i < manifest.Parts; i++)
        {
            var at = i * partBytes;
            var part = publication.Blob.Slice(at, Math.Min(partBytes, publication.Blob.Length - at));
            await PutAsync(prefix + manifest.PartName(i), part, cancellationToken).ConfigureAwait(false);
        }

        // The manifest comes last, and the parts before it stay until it is there: a reader always finds one whole.
        await PutAsync(key, default, cancellationToken).ConfigureAwait(false);
        await PutAsync(ManifestKey(publication.Agent, publication.Label), manifest.Encode(), cancellationToken).ConfigureAwait(false);
        await RemoveOtherPartsAsync(prefix, $"{prefix}{manifest.Generation:N}/", cancellationToken).ConfigureAwait(false);
        _split.Add(publication.Label);
        EtcdLog.Split(_logger, publication.Agent, publication.Label, manifest.Parts, publication.Blob.Length);
    }

    private async Task RemoveOtherPartsAsync(string prefix, string kept, CancellationToken cancellationToken)
    {
        foreach (var (first, end) in new[] { (prefix, kept), (EtcdJson.EndOf(kept), EtcdJson.EndOf(prefix)) })
        {
            using var answer = await _client.CallAsync(
                "v3/kv/deleterange",
                json =>
                {
                    json.Key(first);
                    json.RangeEnd(end);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What fits again needs no parts.</summary>
    private async Task RemovePartsAsync(MetadataPublication publication, CancellationToken cancellationToken)
    {
        if (_split.Remove(publication.Label))
        {
            await DeletePrefixAsync(ManifestKey(publication.Agent, publication.Label), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ReadOnlyMemory<byte>?> FetchPartsAsync(string agent, string label, CancellationToken cancellationToken)
    {
        if (await GetAsync(ManifestKey(agent, label), cancellationToken).ConfigureAwait(false) is not { Length: > 0 } found)
        {
            return null;
        }

        if (!SplitManifest.TryDecode(found.Span, _bytesMax, out var manifest))
        {
            WarnOnce(ManifestKey(agent, label), EtcdLog.StrangeManifest);
            return null;
        }

        var parts = new ReadOnlyMemory<byte>?[manifest.Parts];
        var total = 0L;
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = await GetAsync(PartPrefix(agent, label) + manifest.PartName(i), cancellationToken).ConfigureAwait(false);
            total += parts[i]?.Length ?? 0;
            if (parts[i] is null || total > manifest.Bytes)
            {
                return null; // published anew meanwhile, or damaged
            }
        }

        return manifest.Join(parts) is { } whole ? whole : null;
    }
}
