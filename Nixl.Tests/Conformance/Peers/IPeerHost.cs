namespace Nixl.Tests.Conformance.Peers;

/// <summary>A harness that has the peers of its tests in a process of their own.</summary>
public interface IPeerHost
{
    /// <summary>Creates an agent there; starts the process, when there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="listens">Whether it serves metadata on a loopback port.</param>
    internal IConformancePeer Open(string name, bool listens);

    /// <summary>The test has set up what it needs: from here to its end it asks the peers for nothing.</summary>
    /// <param name="initiator">The agent that goes on.</param>
    /// <param name="peer">The name of the peer that it uses.</param>
    internal void OnPrepared(NixlAgent initiator, string peer);

    /// <summary>Stops the process: it does nothing at all until <see cref="Continue"/>.</summary>
    internal void Stop();

    /// <summary>Continues the process when it is stopped.</summary>
    internal void Continue();

    /// <summary>Kills the process, and with it all peers of the test.</summary>
    internal void Kill();
}
