using System.Net.Sockets;

namespace Nixl.Metadata;

/// <summary>What the client throws: always with operation, endpoint and what the caller can do.</summary>
internal static class DirectClientErrors
{
    private const string NotNixlHint = "Check that the port is the metadata listener of a NIXL agent.";

    internal static NixlException Connect(string operation, string peer, SocketException e)
    {
        var (status, detail, hint) = e.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => (
                NixlStatus.BackendError, "The connection was refused: nobody listens there.",
                "Start the peer with its metadata listener on, and check address and port."),
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => (
                NixlStatus.NotFound, "The host name has no address.", "Check the name and this host's resolver."),
            SocketError.TimedOut => (NixlStatus.TimedOut, "The host did not answer.", "Check routes and firewalls between the hosts."),
            _ => (NixlStatus.BackendError, "The endpoint cannot be reached.", "Check address, routes and firewalls between the hosts."),
        };
        return new NixlException(status, operation, detail)
        {
            Peer = peer,
            NativeCode = e.NativeErrorCode,
            NativeMessage = e.SocketErrorCode.ToString(),
            Hint = hint,
        };
    }

    internal static NixlException ConnectTimedOut(string operation, string peer, TimeSpan timeout)
        => Make(NixlStatus.TimedOut, operation, peer, $"No connection came about within {timeout}.", "Check routes and firewalls between the hosts.");

    internal static NixlException NotProved(string operation, string peer, string reason)
        => Make(
            NixlStatus.NotAllowed, operation, peer, $"This agent and the listener did not prove to each other who they are: {reason}",
            "Give both the same SharedKey, or certificates of the same authority, in NixlAgentOptions.PeerSecurity.");

    internal static NixlException QueueTimedOut(string operation, string peer, TimeSpan timeout)
        => Make(NixlStatus.TimedOut, operation, peer, $"Earlier requests to this endpoint were not done within {timeout}.", "Look at what they report.");

    internal static NixlException NotNixl(string operation, string peer, ReadOnlySpan<byte> body)
        => Make(
            NixlStatus.Mismatch, operation, peer,
            $"The endpoint does not speak NIXL's metadata protocol; its reply of {body.Length} bytes begins with '{DirectProtocol.Describe(body)}'.", NotNixlHint);

    internal static NixlException NothingThere(string operation, string peer)
        => Make(
            NixlStatus.NotFound, operation, peer, "The agent has no metadata to give.",
            "Create a backend that reaches other agents on that side; its log says what was missing.");

    internal static NixlException WouldBeCut(string operation, string peer)
        => Make(
            NixlStatus.InvalidParam, operation, peer, $"The bytes contain '{AgentNames.Forbidden}', where NIXL's listener would cut them.",
            "Where a name holds it, change the name; where a key does, register the memory again.");

    internal static NixlException TooLong(string operation, string peer, long bytes, int bytesMax)
        => Make(NixlStatus.NotAllowed, operation, peer, $"The frame would have {bytes} bytes; the limit is {bytesMax}.", "Send partial metadata, or raise the limit on both sides.");

    internal static NixlException BadName(string operation, string peer, string reason)
        => Make(NixlStatus.InvalidParam, operation, peer, reason, "Give the agent another name.");

    /// <summary>The exception for a frame that was not read or written.</summary>
    internal static NixlException From(string operation, string peer, in DirectFrame frame, DirectClientOptions options) => frame.Outcome switch
    {
        DirectFrameOutcome.Silent => Make(
            NixlStatus.TimedOut, operation, peer, $"The endpoint did not answer within {options.ReplyTimeout}.",
            "It may be busy, stopped in a debugger, or no NIXL agent at all."),
        DirectFrameOutcome.TimedOut => Make(
            NixlStatus.TimedOut, operation, peer, "A frame did not get through in the time allowed for it.", "Check the network between the hosts."),
        DirectFrameOutcome.TooLarge when frame.AnnouncedBytes > DirectProtocol.ProtocolFrameBytesMax => Make(
            NixlStatus.Mismatch, operation, peer,
            $"The endpoint does not speak NIXL's metadata protocol: it announced a reply of {frame.AnnouncedBytes} bytes.", NotNixlHint),
        DirectFrameOutcome.TooLarge => Make(
            NixlStatus.NotAllowed, operation, peer,
            $"The endpoint announced a reply of {frame.AnnouncedBytes} bytes; the limit is {options.FrameBytesMax}.", "Raise the limit, or fetch partial metadata."),
        _ => Make(
            NixlStatus.RemoteDisconnect, operation, peer, "The endpoint closed the connection instead of answering.",
            "Its log may say why; it may have reached its limit of connections, or be no NIXL agent."),
    };

    private static NixlException Make(NixlStatus status, string operation, string peer, string detail, string hint)
        => new(status, operation, detail) { Peer = peer, Hint = hint };
}
