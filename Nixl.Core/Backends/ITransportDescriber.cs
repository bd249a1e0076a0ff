namespace Nixl.Backends;

/// <summary>An engine that can say what it runs on, for reports and diagnosis.</summary>
public interface ITransportDescriber
{
    /// <summary>The native library's name and version, such as <c>libucp 1.13.1</c>.</summary>
    string Library { get; }

    /// <summary>The native library's settings that the engine applied, as <c>NAME=VALUE (source)</c> separated by commas; empty when it applied none.</summary>
    string EffectiveSettings { get; }

    /// <summary>The transports in use towards a peer, such as <c>tcp/eth0</c>; empty when not known or not connected. May allocate; not for hot paths.</summary>
    string DescribeTransports(string agent);

    /// <summary>What an explanation of a route says about the connection to a peer: the transports in use, and whatever else a user should know. May allocate.</summary>
    string DescribeConnection(string agent) => DescribeTransports(agent);
}
