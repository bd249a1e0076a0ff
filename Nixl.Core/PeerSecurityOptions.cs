using System.Security.Cryptography.X509Certificates;

namespace Nixl;

/// <summary>What agents prove to each other when one connects to the other's listener. Upstream's agents can prove nothing, and are refused where anything is asked.</summary>
/// <remarks>It protects the exchange of metadata and the heartbeats; what backends send is as open as before: see docs/security.md.</remarks>
public sealed class PeerSecurityOptions
{
    /// <summary>A secret of 16 bytes or more that all agents of the system have. Both sides prove that they know it; it never travels, and what was recorded proves
    /// nothing later. It encrypts nothing.</summary>
    public ReadOnlyMemory<byte> SharedKey { get; init; }

    /// <summary>This agent's certificate with its private key: the listener speaks TLS and nothing else, and so does this agent to other listeners. Needs
    /// <see cref="Authorities"/>.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Who signs the certificates of all agents. Each side must show one of theirs; which host it names is not looked at, because it proves membership.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>Nothing of it.</summary>
    public override string ToString() => nameof(PeerSecurityOptions);
}
