namespace Nixl.Backends.Ucx.Connections;

/// <summary>Which releases of UCX are known not to understand each other. Asked before an endpoint exists: the attempt alone can abort the peer.</summary>
/// <remarks>As measured between 1.13.1, 1.18.1, 1.19.1, 1.20.1, 1.21.0 and 1.22.0: the formats of packed keys on both sides of 1.19 exclude each other.
/// What was not measured is let through.</remarks>
internal static class PeerCompatibility
{
    /// <summary>The first release of the present formats.</summary>
    internal static readonly Version Boundary = new(1, 19);

    // The first release whose addresses name it.
    private const int Named = 16;

    /// <summary>Whether an endpoint may be created.</summary>
    /// <param name="agent">The peer's name, for the message.</param>
    /// <param name="own">The release loaded here.</param>
    /// <param name="peerMinor">The minor version that the peer's address names, null when it names none.</param>
    /// <param name="fault">Both releases, when they are known to fail.</param>
    internal static bool TryAccept(string agent, Version own, int? peerMinor, out BackendFault fault)
    {
        fault = default;
        var isPeerNew = peerMinor >= Boundary.Minor;
        if (own >= Boundary == isPeerNew)
        {
            return true;
        }

        fault = BackendFault.Because(
            $"{agent} runs libucp {Describe(peerMinor)} and this agent {own}: releases before and from {Boundary} on do not understand each other.",
            $"Give both agents the same release, {Boundary} or later for agents of the C++ NIXL; NIXL_UCP_LIBRARY names the library file.");
        return false;
    }

    /// <summary>Whether both releases are of the present formats and differ: then several devices between the two can fail.</summary>
    internal static bool DiffersInRelease(Version own, int? peerMinor) => own >= Boundary && peerMinor is { } minor && minor != own.Minor;

    /// <summary>The release in words.</summary>
    internal static string Describe(int? minor) => minor is { } known ? $"1.{known}" : $"of before 1.{Named}";
}
