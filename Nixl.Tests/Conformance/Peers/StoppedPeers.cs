namespace Nixl.Tests.Conformance.Peers;

/// <summary>As <see cref="AcrossProcesses{THarness}"/>, and the process of the peers is stopped as soon as the connection is there: bytes move without anything that the target does.</summary>
/// <typeparam name="THarness">A backend that is one-sided.</typeparam>
public abstract class StoppedPeers<THarness> : AcrossProcesses<THarness>
    where THarness : IBackendHarness, new()
{
    private protected override void OnPrepared(NixlAgent initiator, string peer)
    {
        initiator.Connect(peer);
        ((IPeerHost)this).Stop();
    }
}
