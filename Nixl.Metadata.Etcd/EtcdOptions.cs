using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nixl.Discovery;

namespace Nixl.Metadata.Etcd;

/// <summary>The settings of the store, checked. Never printed as a whole: it holds a password.</summary>
internal sealed class EtcdOptions
{
    internal const string EndpointsName = "endpoints";
    internal const string NamespaceName = "namespace";
    internal const string UserName = "user";
    internal const string PasswordName = "password";
    internal const string AuthorityName = "ca_file";
    internal const string CertificateName = "cert_file";
    internal const string KeyName = "key_file";

    private EtcdOptions(IReadOnlyList<Uri> endpoints, MetadataKeys keys) => (Endpoints, Keys) = (endpoints, keys);

    internal static IReadOnlyList<string> Known { get; } = [EndpointsName, NamespaceName, UserName, PasswordName, AuthorityName, CertificateName, KeyName];

    internal IReadOnlyList<Uri> Endpoints { get; }

    internal MetadataKeys Keys { get; }

    internal string? User { get; private init; }

    internal string? Password { get; private init; }

    /// <summary>Who signs the servers' certificates; null for whom the system trusts.</summary>
    internal X509Certificate2Collection? Authorities { get; private init; }

    /// <summary>What this client shows to the servers; null for nothing.</summary>
    internal X509Certificate2? Certificate { get; private init; }

    /// <exception cref="NixlException">InvalidParam: says which setting is wrong, without its value where that is secret.</exception>
    internal static EtcdOptions From(MetadataStoreContext context)
    {
        var endpoints = (context.Get(EndpointsName) ?? "").Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => Endpoint(context, text)).ToList();
        if (endpoints.Count == 0)
        {
            throw Wrong(context, EndpointsName, "names no endpoint", "Set it to http://host:2379, several separated by ';'.");
        }

        var user = context.Get(UserName);
        var password = context.Get(PasswordName);
        if (user is null != password is null)
        {
            throw Wrong(context, user is null ? UserName : PasswordName, "is missing", "Set user and password, or neither.");
        }

        return new EtcdOptions(endpoints, new MetadataKeys(context.Get(NamespaceName) ?? MetadataKeys.DefaultNamespace))
        {
            User = user,
            Password = password,
            Authorities = Authority(context),
            Certificate = OwnCertificate(context),
        };
    }

    private static Uri Endpoint(MetadataStoreContext context, string text)
    {
        var hasScheme = text.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(hasScheme ? text : $"http://{text}", UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.PathAndQuery is not ("/" or "")
            || uri.UserInfo.Length > 0)
        {
            // Not shown: a URL may hold a password.
            throw Wrong(context, EndpointsName, "has an entry that is no http://host:port or https://host:port", $"User and password are settings of their own: {UserName}, {PasswordName}.");
        }

        return uri;
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
        => new(NixlStatus.InvalidParam, "UseStore", $"the etcd setting {name} {what}") { Agent = context.AgentName, Hint = hint };
}
