using System.Globalization;
using System.Net;
using Nixl.Discovery;

namespace Nixl.Metadata.TcpStore;

/// <summary>The settings of the store, checked.</summary>
internal sealed record TcpStoreOptions(DnsEndPoint Endpoint, TimeSpan ConnectTimeout, TimeSpan OperationTimeout)
{
    internal const string EndpointName = "endpoint";
    internal const string TimeoutName = "timeout_ms";
    internal const string OperationTimeoutName = "op_timeout_ms";

    // Upstream's.
    private const int TimeoutMs = 30_000;
    private const int OperationTimeoutMs = 5_000;

    internal static IReadOnlyList<string> Known { get; } = [EndpointName, TimeoutName, OperationTimeoutName];

    /// <exception cref="NixlException">InvalidParam: says which setting is wrong.</exception>
    internal static TcpStoreOptions From(MetadataStoreContext context)
    {
        var text = context.Get(EndpointName) ?? "";
        var colon = text.LastIndexOf(':'); // the last one: an IPv6 address has more
        var host = colon > 0 ? text[..colon].Trim('[', ']') : "";
        if (host.Length == 0
            || Uri.CheckHostName(host) == UriHostNameType.Unknown
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > IPEndPoint.MaxPort)
        {
            throw Wrong(context, EndpointName, "is no host:port");
        }

        return new TcpStoreOptions(
            new DnsEndPoint(host, port), Milliseconds(context, TimeoutName, TimeoutMs), Milliseconds(context, OperationTimeoutName, OperationTimeoutMs));
    }

    private static TimeSpan Milliseconds(MetadataStoreContext context, string name, int standard)
        => context.Get(name) is not { } text ? TimeSpan.FromMilliseconds(standard)
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? TimeSpan.FromMilliseconds(value)
            : throw Wrong(context, name, "is no positive number of milliseconds");

    private static NixlException Wrong(MetadataStoreContext context, string name, string what)
        => new(NixlStatus.InvalidParam, "UseStore", $"the TCPStore setting {name} {what}") { Agent = context.AgentName, Hint = "Correct it, for example to host:29500." };
}
