using System.Collections.Concurrent;
using System.Net;
using Nixl.Metadata;

namespace Nixl.Tests.Metadata.Direct;

/// <summary>An agent's side of the exchange that keeps what it was told.</summary>
internal sealed class RecordingEndpoint : IMetadataEndpoint
{
    internal ConcurrentQueue<byte[]> Loaded { get; } = [];

    internal ConcurrentQueue<string> Invalidated { get; } = [];

    internal ConcurrentQueue<IPAddress> Sources { get; } = [];

    internal ReadOnlyMemory<byte> Exported { get; set; } = MetadataSamples.OneRegionBytes;

    internal Func<NixlStatus> OnLoad { get; set; } = () => NixlStatus.Success;

    public ReadOnlyMemory<byte> ExportLocal() => Exported;

    public NixlStatus LoadFromPeer(ReadOnlyMemory<byte> blob, IPAddress source)
    {
        Loaded.Enqueue(blob.ToArray());
        Sources.Enqueue(source);
        return OnLoad();
    }

    public NixlStatus InvalidateFromPeer(string agentName, IPAddress source)
    {
        Invalidated.Enqueue(agentName);
        Sources.Enqueue(source);
        return NixlStatus.Success;
    }
}
