using System.Text;
using System.Text.RegularExpressions;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Connections;

/// <summary>Says which transports an endpoint uses, by reading what libucp prints about it: 1.13 has no query for it.</summary>
internal static unsafe partial class TransportReport
{
    /// <summary>Names such as <c>posix/memory, cma/memory</c>, each once, in the order of the lanes; under the worker's lock.</summary>
    internal static string Of(UcxConnection connection)
        => connection.IsOpen ? Parse(Print(connection.Endpoint)) : "";

    /// <summary>Reads lines such as <c>lane[0]:  1:tcp/lo.0 md[1] -> …</c>: resource index, transport, device, path index.</summary>
    internal static string Parse(string printed)
        => string.Join(", ", LanePattern().Matches(printed).Select(match => match.Groups["name"].Value).Distinct());

    private static string Print(void* endpoint)
    {
        byte* text;
        nuint length;
        var stream = Libc.open_memstream(&text, &length);
        if (stream is null)
        {
            return "";
        }

        Ucp.ucp_ep_print_info(endpoint, stream);
        _ = Libc.fclose(stream);
        var printed = Encoding.UTF8.GetString(text, (int)length);
        Libc.free(text);
        return printed;
    }

    [GeneratedRegex(@"lane\[\d+\]:\s+\d+:(?<name>\S+/\S+)\.\d+\s+md\[")]
    private static partial Regex LanePattern();
}
