using System.Diagnostics;
using Nixl.Diagnostics;

namespace Nixl;

/// <content>Spans of posts and their ends. Entered only while somebody listens.</content>
internal sealed partial class TransferCore
{
    private ActivityContext _postContext; // of the post in flight; written under the gate before the engine knows of the post

    private NixlStatus CallEngineTraced(uint post)
    {
        var name = Operation == TransferOperation.Read ? TelemetryNames.PostReadSpan : TelemetryNames.PostWriteSpan;
        using var span = NixlSpan.Start(name, _loop.Settings.AgentName, RemoteAgent);
        span.Tag(TelemetryNames.BackendTag, Backend);
        span.Tag(TelemetryNames.BytesTag, TotalBytes);
        _postContext = span.Context;
        var status = CallEngine(post);
        span.End(status);
        return status;
    }

    private void TraceEnd(NixlStatus status)
    {
        using var span = NixlSpan.Start(TelemetryNames.TransferEndSpan, _loop.Settings.AgentName, RemoteAgent, _postContext);
        span.End(status);
    }
}
