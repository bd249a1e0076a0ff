using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Nixl.Metadata;

/// <summary>What the two ends of a direct connection prove to each other.</summary>
internal sealed class DirectSecurity
{
    /// <summary>Who vouches for a peer that has proved to know the key.</summary>
    internal const string KeyVoucher = "shared key";

    private const int KeyBytesLeast = 16;

    internal static readonly DirectSecurity None = new(null, null, null);

    private readonly X509Certificate2? _certificate;
    private readonly X509Certificate2Collection? _authorities;

    private DirectSecurity(byte[]? key, X509Certificate2? certificate, X509Certificate2Collection? authorities)
    {
        Key = key;
        _certificate = certificate;
        _authorities = authorities;
    }

    /// <summary>The shared key; null for none.</summary>
    internal byte[]? Key { get; }

    internal bool UsesTls => _certificate is not null;

    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    internal static DirectSecurity From(PeerSecurityOptions? options)
    {
        if (options is null)
        {
            return None;
        }

        if (options.SharedKey.Length is > 0 and < KeyBytesLeast)
        {
            throw new ArgumentException($"{nameof(PeerSecurityOptions.SharedKey)} must have at least {KeyBytesLeast} bytes.", nameof(options));
        }

        if (options.Certificate is null != options.Authorities is null || options.Certificate is { HasPrivateKey: false })
        {
            throw new ArgumentException(
                $"{nameof(PeerSecurityOptions.Certificate)}, with its private key, and {nameof(PeerSecurityOptions.Authorities)} belong together.", nameof(options));
        }

        return options.SharedKey.IsEmpty && options.Certificate is null
            ? None : new DirectSecurity(options.SharedKey.IsEmpty ? null : options.SharedKey.ToArray(), options.Certificate, options.Authorities);
    }

    /// <summary>Who may use the listener, in words.</summary>
    internal string Describe() => (Key, UsesTls) switch
    {
        (null, false) => "whoever reaches this port",
        (null, true) => "who shows a certificate of the authorities",
        (_, false) => "who knows the shared key",
        _ => "who shows a certificate of the authorities and knows the shared key",
    };

    /// <summary>Encrypts an accepted connection and checks the peer's certificate.</summary>
    /// <returns>The stream, and who vouches for the peer.</returns>
    internal async Task<(Stream Stream, string Proof)> SecureListenerAsync(Stream stream, CancellationToken cancel)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = IsMember,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            },
            cancel).ConfigureAwait(false);
        return (tls, $"certificate {Fingerprint(tls)}");
    }

    /// <summary>Encrypts a connection to a listener and checks its certificate.</summary>
    internal async Task<(Stream Stream, string Proof)> SecureClientAsync(Stream stream, CancellationToken cancel)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "nixl",
                ClientCertificates = [_certificate!],
                RemoteCertificateValidationCallback = IsMember,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            },
            cancel).ConfigureAwait(false);
        return (tls, $"certificate {Fingerprint(tls)}");
    }

    private static string Fingerprint(SslStream tls) => tls.RemoteCertificate is { } shown ? shown.GetCertHashString(HashAlgorithmName.SHA256) : "";

    private bool IsMember(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (shown is null)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities!);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var certificate = new X509Certificate2(shown);
        return own.Build(certificate);
    }
}
