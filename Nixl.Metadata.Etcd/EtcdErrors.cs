using System.Globalization;
using System.Net;
using System.Text.Json;
using Nixl.Discovery;

namespace Nixl.Metadata.Etcd;

/// <summary>What the store throws: operation, endpoints without secrets, etcd's own text, and what to do.</summary>
internal static class EtcdErrors
{
    // etcd's own texts are short; whatever else answers on the port may send a page.
    private const int TextMax = 300;

    internal static string Describe(IReadOnlyList<Uri> endpoints) => string.Join(", ", endpoints.Select(static uri => $"{uri.Scheme}://{uri.Authority}"));

    internal static NixlException Unreachable(string path, IReadOnlyList<Uri> endpoints, Exception? last, TimeSpan after)
        => new(
            last is TimeoutException ? NixlStatus.TimedOut : NixlStatus.BackendError,
            "Etcd",
            string.Create(CultureInfo.InvariantCulture, $"no member answered {path} in {after.TotalSeconds:0.0} s: {Shorten(last?.Message ?? "no attempt was made")}"))
        {
            Peer = Describe(endpoints),
            Hint = "Check that etcd runs there and that nothing between drops the connection; known peers are not affected.",
        };

    /// <summary>The refusal in an answer that is not 200.</summary>
    internal static Exception Parse(HttpStatusCode status, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                return Parse(json.RootElement);
            }
        }
        catch (JsonException)
        {
            // No etcd, or something between.
        }

        return new HttpRequestException($"It answered {(int)status} and is no etcd: {Shorten(text)}");
    }

    /// <summary>The refusal in an object with <c>code</c> and <c>message</c> or <c>error</c>; streams bring it, too.</summary>
    internal static EtcdException Parse(JsonElement error)
    {
        var code = error.TryGetProperty("code", out var number) && number.TryGetInt32(out var value) ? value
            : error.TryGetProperty("grpc_code", out number) && number.TryGetInt32(out value) ? value : 2;
        var text = error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String ? message.GetString()
            : error.TryGetProperty("error", out message) && message.ValueKind == JsonValueKind.String ? message.GetString() : null;
        return new EtcdException(code, Shorten(text ?? "no text"));
    }

    internal static NixlException From(EtcdException refusal, string operation, IReadOnlyList<Uri> endpoints) => new(
        NixlStatus.BackendError, operation, refusal.IsOutOfSpace ? "etcd is out of space" : "etcd refused")
    {
        Peer = Describe(endpoints),
        NativeCode = refusal.Code,
        NativeMessage = refusal.Message,
        Hint = refusal switch
        {
            { IsOutOfSpace: true } => "Compact and defragment etcd and disarm its alarm (etcdctl compaction, defrag, alarm disarm), or raise --quota-backend-bytes.",
            { NeedsToken: true } => "etcd wants a user: set user and password. The common name of a client certificate does not count on etcd's JSON gateway.",
            { IsWrongPassword: true } => "Check user and password, and whether authentication is enabled.",
            _ => "The native text says why.",
        },
    };

    internal static NixlException TooLarge(MetadataPublication publication, EtcdException refusal, IReadOnlyList<Uri> endpoints) => new(
        NixlStatus.NotAllowed,
        "PublishMetadata",
        string.Create(
            CultureInfo.InvariantCulture,
            $"the metadata has {publication.Blob.Length} bytes for {publication.Regions} regions, more than this etcd takes in one request (1,572,864 bytes unless --max-request-bytes says otherwise)"))
    {
        Agent = publication.Agent,
        Peer = Describe(endpoints),
        NativeCode = refusal.Code,
        NativeMessage = refusal.Message,
        Hint = "Register fewer, larger regions; publish parts of it under labels; exchange it directly; raise etcd's --max-request-bytes; or set Discovery.AllowSplit, if no upstream agent needs it.",
    };

    internal static string Shorten(string text)
    {
        var line = string.Concat(text.Take(TextMax).Select(static letter => char.IsControl(letter) ? ' ' : letter));
        return text.Length > TextMax ? $"{line}…" : line;
    }
}
