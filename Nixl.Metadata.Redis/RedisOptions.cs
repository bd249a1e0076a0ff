using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nixl.Discovery;

namespace Nixl.Metadata.Redis;

/// <summary>The settings of the store, checked. Never printed as a whole: it holds a password.</summary>
internal sealed class RedisOptions
{
    internal const string EndpointName = "endpoint";
    internal const string NamespaceName = "namespace";
    internal const string UserName = "user";
    internal const string PasswordName = "password";
    internal const string DatabaseName = "database";
    internal const string TlsName = "tls";
    internal const string AuthorityName = "ca_file";
    internal const string CertificateName = "cert_file";
    internal const string KeyName = "key_file";

    private const int DefaultPort = 6379;
    private const int DatabaseMax = 1 << 20;

    private RedisOptions(DnsEndPoint endpoint, MetadataKeys keys) => (Endpoint, Keys) = (endpoint, keys);

    internal static IReadOnlyList<string> Known { get; } = [EndpointName, NamespaceName, UserName, PasswordName, DatabaseName, TlsName, AuthorityName, CertificateName, KeyName];

    internal DnsEndPoint Endpoint { get; }

    internal MetadataKeys Keys { get; }

    internal string? User { get; private init; }

    internal string? Password { get; private init; }

    internal int Database { get; private init; }

    internal bool UsesTls { get; private init; }

    /// <summary>Who signs the server's certificate; null for whom the system trusts.</summary>
    internal X509Certificate2Collection? Authorities { get; private init; }

    /// <summary>What this client shows to the server; null for nothing.</summary>
    internal X509Certificate2? Certificate { get; private init; }

    /// <exception cref="NixlException">InvalidParam: says which setting is wrong, without its value where that is secret.</exception>
    internal static RedisOptions From(MetadataStoreContext context)
    {
        var endpoint = Parse(context.Get(EndpointName) ?? "")
            ?? throw Wrong(context, EndpointName, "is no host:port", $"Set it to host:{DefaultPort}; user and password are settings of their own.");
        if (context.Get(UserName) is not null && context.Get(PasswordName) is null)
        {
            throw Wrong(context, PasswordName, "is missing", "A user needs a password.");
        }

        if (!int.TryParse(context.Get(DatabaseName) ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var database) || database > DatabaseMax)
        {
            throw Wrong(context, DatabaseName, "is no number", "Set it to the number of a database, or leave it out for 0.");
        }

        var authorities = Authority(context);
        var certificate = OwnCertificate(context);
        return new RedisOptions(endpoint, new MetadataKeys(context.Get(NamespaceName) ?? MetadataKeys.DefaultNamespace))
        {
            User = context.Get(UserName),
            Password = context.Get(PasswordName),
            Database = database,
            UsesTls = authorities is not null || certificate is not null || IsYes(context.Get(TlsName)),
            Authorities = authorities,
            Certificate = certificate,
        };
    }

    private static bool IsYes(string? text) => text?.ToUpperInvariant() is "1" or "Y" or "YES" or "ON" or "TRUE" or "ENABLE";

    private static DnsEndPoint? Parse(string text)
    {
        if (IPEndPoint.TryParse(text, out var ip) && (text.Contains('.', StringComparison.Ordinal) || text.StartsWith('[')))
        {
            return new DnsEndPoint(ip.Address.ToString(), ip.Port == 0 ? DefaultPort : ip.Port);
        }

        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        var port = DefaultPort;
        return Uri.CheckHostName(host) == UriHostNameType.Dns
            && (colon < 0 || (int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= IPEndPoint.MaxPort))
            ? new DnsEndPoint(host, port) : null;
    }

    private static X509Certificate2Collection? Authority(MetadataStoreContext context)
        => Read(context, AuthorityName, static path =>
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(path);
            return authorities.Count > 0 ? authorities : throw new CryptographicException("The file holds no certificate.");
        });

    private static X509Certificate2? OwnCertificate(MetadataStoreContext context)
    {
        var key = context.Get(KeyName);
        if (key is not null && context.Get(CertificateName) is null)
        {
            throw Wrong(context, CertificateName, "is missing", $"A {KeyName} belongs to a {CertificateName}.");
        }

        return Read(context, CertificateName, path => X509Certificate2.CreateFromPemFile(path, key));
    }

    private static T? Read<T>(MetadataStoreContext context, string name, Func<string, T> read)
        where T : class
    {
        if (context.Get(name) is not { } path)
        {
            return null;
        }

        try
        {
            return read(path);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong(context, name, $"cannot be used: {e.Message}", "Name a readable file in PEM form.");
        }
    }

    private static NixlException Wrong(MetadataStoreContext context, string name, string what, string hint)
        => new(NixlStatus.InvalidParam, "UseStore", $"the Redis setting {name} {what}") { Agent = context.AgentName, Hint = hint };
}
