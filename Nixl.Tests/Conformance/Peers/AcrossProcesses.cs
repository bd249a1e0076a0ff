namespace Nixl.Tests.Conformance.Peers;

/// <summary>A harness's backend in the same set-up, with the peers of the tests in a process of their own, which runs as long as the suite does.</summary>
/// <typeparam name="THarness">What is said and set up for one process holds for two.</typeparam>
public abstract class AcrossProcesses<THarness> : IBackendHarness, IPeerHost, IDisposable
    where THarness : IBackendHarness, new()
{
    private readonly THarness _own = new();
    private PeerProgram? _program;

    public string Backend => _own.Backend;

    public string? Unavailable => OperatingSystem.IsLinux() ? _own.Unavailable : "The memory of the peer's process is looked at as only Linux allows.";

    public BackendTraits Traits => _own.Traits;

    public int MeasuredOperations => _own.MeasuredOperations;

    public ProgressMode Progress => _own.Progress;

    public void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra) => _own.AddTo(backends, extra);

    public IReadOnlyCollection<string> Watch(string agent) => _own.Watch(agent);

    IConformancePeer IPeerHost.Open(string name, bool listens)
    {
        if (_program is { HasEnded: true })
        {
            // The test before has been told; this one is not to fail for it.
            Dispose();
        }

        _program ??= new PeerProgram(typeof(THarness));
        return new RemotePeer(_program, name, listens);
    }

    void IPeerHost.OnPrepared(NixlAgent initiator, string peer) => OnPrepared(initiator, peer);

    void IPeerHost.Stop() => _program!.Stop();

    void IPeerHost.Continue() => _program?.Continue();

    void IPeerHost.Kill() => _program!.Kill();

    public void Dispose()
    {
        _program?.Dispose();
        _program = null;
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="IPeerHost.OnPrepared"/>
    private protected virtual void OnPrepared(NixlAgent initiator, string peer)
    {
        // The peer's process runs on.
    }
}
