using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Http;

/// <summary>Kestrel without TLS, whose one answer takes the body of a request to its places as it comes.</summary>
internal sealed class HttpReceiver : Receiver
{
    internal const string Kind = "http";

    // Large enough that the sender never waits for a window: a stream's may be up to 2^31 - 1.
    private const int WindowBytes = 64 << 20;

    // Measured here: larger ones, and answering on the thread that reads the socket, take more processor time per byte.
    private const int ReadBufferBytes = 1 << 20;

    private readonly WebApplication _application;

    private HttpReceiver(WebApplication application) => _application = application;

    public override string Address => new Uri(_application.Urls.Single()).Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts it on a free port of the loopback.</summary>
    /// <param name="arguments">The version: 1 or 2.</param>
    internal static async Task<HttpReceiver> StartAsync(string[] arguments)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MaxRequestBufferSize = ReadBufferBytes;
            options.Limits.Http2.InitialConnectionWindowSize = WindowBytes;
            options.Limits.Http2.InitialStreamWindowSize = WindowBytes;
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = arguments is ["2"] ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        builder.WebHost.UseSockets(static options =>
        {
            options.NoDelay = true;
            options.MaxReadBufferSize = ReadBufferBytes;
        });
        var receiver = new HttpReceiver(builder.Build());
        receiver._application.Run(receiver.TakeAsync);
        await receiver._application.StartAsync();
        return receiver;
    }

    public override ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        var position = 0L;
        while (true)
        {
            var read = await body.ReadAsync(context.RequestAborted);
            foreach (var piece in read.Buffer)
            {
                Destination.Scatter(position, piece.Span);
                position += piece.Length;
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        context.Response.StatusCode = position == Destination.Bytes ? StatusCodes.Status204NoContent : StatusCodes.Status400BadRequest;
    }
}
