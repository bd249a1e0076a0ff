using System.Net.Sockets;
using Nixl.Agent;
using Nixl.Discovery;
using Nixl.Metadata;

namespace Nixl.Liveness;

/// <summary>Asks an agent's listener, once, whether a certain incarnation is there. Only agents of this implementation are asked.</summary>
internal static class HeartbeatProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    internal static async Task<bool> AnswersAsync(PresenceRecord presence, DirectConnector connector, Guid ownIncarnation, CancellationToken cancellationToken)
    {
        if (presence.HeartbeatMs <= 0 || ListenerAddress.Parse(presence.Listener) is not { } endpoint)
        {
            return false;
        }

        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new RemoteAgent(presence.Agent) { Incarnation = presence.Incarnation, HeartbeatMs = presence.HeartbeatMs };
        var link = new HeartbeatLink(asked, endpoint, connector, ownIncarnation, (_, beat) => answer.TrySetResult(beat.Incarnation == presence.Incarnation));
        link.Start();
        try
        {
            return await answer.Task.WaitAsync(Limit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or SocketException)
        {
            return false;
        }
        finally
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }
    }
}
