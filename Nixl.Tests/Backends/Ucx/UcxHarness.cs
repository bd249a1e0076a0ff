using Nixl.Backends.Ucx;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>The UCX engine on the libucp of this machine, with chosen transports.</summary>
public abstract class UcxHarness : IBackendHarness
{
    // Asked once: loading the library and opening a context takes longer than most tests.
    private static readonly Lazy<string?> Reason = new(Probe);

    public string Backend => "UCX";

    public virtual string? Unavailable => Reason.Value;

    public virtual BackendTraits Traits => BackendTraits.Remote | BackendTraits.Local | BackendTraits.Notifying | BackendTraits.ChecksPeerBytes
        | BackendTraits.RefusesUnknownParameters | BackendTraits.AllocationFree;

    public abstract int MeasuredOperations { get; }

    public ProgressMode Progress => ProgressMode.Adaptive;

    private protected abstract string Transports { get; }

    public virtual void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra)
        => backends.Add<UcxEngine>([("UCX_TLS", Transports), ("UCX_NET_DEVICES", "lo"), .. extra]);

    public IReadOnlyCollection<string> Watch(string agent) => [];

    private static string? Probe()
    {
        try
        {
            var options = new NixlAgentOptions();
            options.Backends.Add<UcxEngine>(("UCX_TLS", "tcp,self"), ("UCX_NET_DEVICES", "lo"));
            using var agent = new NixlAgent("ucx-probe", options);
            return null;
        }
        catch (NixlException reason)
        {
            return reason.Message;
        }
    }
}
