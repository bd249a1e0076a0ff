using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Nixl.Liveness;

/// <summary>Where a listener is reached, in the words that agents tell each other.</summary>
internal static class ListenerAddress
{
    /// <summary>The endpoint in <c>host:port</c> or <c>[address]:port</c>; null when it is none.</summary>
    internal static EndPoint? Parse(string text)
    {
        if (IPEndPoint.TryParse(text, out var ip) && ip.Port != 0 && text.Contains(':', StringComparison.Ordinal))
        {
            return ip;
        }

        var colon = text.LastIndexOf(':');
        return colon > 0
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= IPEndPoint.MaxPort
            && Uri.CheckHostName(text[..colon]) == UriHostNameType.Dns
            ? new DnsEndPoint(text[..colon], port)
            : null;
    }

    /// <summary>What to tell peers about a listener.</summary>
    /// <param name="bound">Where it is bound.</param>
    /// <param name="advertised">What the options say; null for where it is bound, or, where that is every address, the host's first one that is not loopback.</param>
    internal static string Describe(IPEndPoint bound, EndPoint? advertised) => advertised switch
    {
        DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{(dns.Port == 0 ? bound.Port : dns.Port)}"),
        IPEndPoint ip => new IPEndPoint(ip.Address, ip.Port == 0 ? bound.Port : ip.Port).ToString(),
        _ when bound.Address.Equals(IPAddress.Any) => new IPEndPoint(HostAddress(AddressFamily.InterNetwork) ?? IPAddress.Loopback, bound.Port).ToString(),
        _ when bound.Address.Equals(IPAddress.IPv6Any) => new IPEndPoint(
            HostAddress(AddressFamily.InterNetwork) ?? HostAddress(AddressFamily.InterNetworkV6) ?? IPAddress.IPv6Loopback, bound.Port).ToString(),
        _ => bound.ToString(),
    };

    private static IPAddress? HostAddress(AddressFamily family)
    {
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces()
                .Where(static device => device.OperationalStatus == OperationalStatus.Up && device.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                .SelectMany(static device => device.GetIPProperties().UnicastAddresses)
                .Select(static unicast => unicast.Address)
                .FirstOrDefault(address => address.AddressFamily == family && !address.IsIPv6LinkLocal);
        }
        catch (NetworkInformationException)
        {
            return null;
        }
    }
}
