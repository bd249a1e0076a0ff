using System.Globalization;
using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Http;

/// <summary>A PUT whose body is written as it is sent; the answer says that all of it has its place.</summary>
internal sealed class HttpMover : AwaitedMover
{
    private const int WindowBytes = 64 << 20;

    private readonly HttpClient _client;
    private readonly Uri _place;
    private readonly Version _version;
    private readonly byte[] _buffer = new byte[PageContent.BufferBytes];

    private HttpMover(string name, Version version, string port)
    {
        (Name, _version) = (name, version);
        _place = new Uri($"http://127.0.0.1:{port}/");
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, InitialHttp2StreamWindowSize = 16 << 20, AllowAutoRedirect = false })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        Details = $"SocketsHttpHandler to Kestrel of ASP.NET Core {FrameworkVersion}, "
            + $"HTTP/{version}, no TLS, windows of {WindowBytes >> 20} MiB, buffer of {PageContent.BufferBytes >> 10} KiB";
    }

    private static string FrameworkVersion
        => typeof(WebApplication).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "of unknown version";

    internal override string Name { get; }

    internal override string Details { get; }

    internal static async Task<HttpMover> OpenAsync(MoveStage stage, string name, Version version, CancellationToken cancellation)
        => new(name, version, await stage.Peer.OpenAsync(KeyOf(name), HttpReceiver.Kind, [version.Major.ToString(CultureInfo.InvariantCulture)], cancellation));

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task MoveAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, _place)
        {
            Version = _version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new PageContent(Source!, _buffer),
        };
        using var response = await _client.SendAsync(request);
        if (response.StatusCode != HttpStatusCode.NoContent)
        {
            throw new BenchmarkException($"{Name}: the peer answered {(int)response.StatusCode}.");
        }
    }
}
