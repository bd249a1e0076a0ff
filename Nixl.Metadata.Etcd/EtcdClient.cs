using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Nixl.Metadata.Etcd;

/// <summary>Calls of etcd's JSON gateway: the member that answered last first, the others when it does not, with a token where the settings name a user.</summary>
internal sealed class EtcdClient : IDisposable
{
    // A member that is alive answers within milliseconds; a second is left for the others.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RoundPause = TimeSpan.FromMilliseconds(100);

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly EtcdOptions _options;
    private readonly TimeSpan _timeout;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private int _current;
    private volatile string? _token;

    internal EtcdClient(EtcdOptions options, TimeSpan timeout, int bytesMax, ILogger logger)
    {
        _options = options;
        _timeout = timeout;
        _logger = logger;
        _http = EtcdHttp.Create(options, bytesMax);
    }

    /// <summary>One call with one answer.</summary>
    /// <exception cref="EtcdException">etcd says no.</exception>
    /// <exception cref="NixlException">Nobody answers: BackendError or TimedOut.</exception>
    internal Task<JsonDocument> CallAsync(string path, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
        => TryMembersAsync(path, Body(write), ReadAsync, _timeout, cancellationToken);

    /// <summary>A call whose answer is a stream that stays open; the caller disposes it.</summary>
    internal Task<HttpResponseMessage> OpenAsync(string path, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
        => TryMembersAsync(path, Body(write), CheckAsync, _timeout, cancellationToken);

    public void Dispose() => _http.Dispose();

    private static byte[] Body(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private async Task<T> TryMembersAsync<T>(
        string path, byte[] body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        Exception? last = null;
        for (var attempt = 0; ; attempt++)
        {
            var left = timeout - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || attempt >= 2 * _options.Endpoints.Count)
            {
                throw EtcdErrors.Unreachable(path, _options.Endpoints, last, Stopwatch.GetElapsedTime(start));
            }

            if (attempt == _options.Endpoints.Count)
            {
                await Task.Delay(left < RoundPause ? left : RoundPause, cancellationToken).ConfigureAwait(false);
            }

            var member = Volatile.Read(ref _current);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(left < AttemptTimeout ? left : AttemptTimeout);
            try
            {
                return await CallMemberAsync(member, path, body, read, limit.Token).ConfigureAwait(false);
            }
            catch (EtcdException refusal) when (refusal.IsPassing)
            {
                last = refusal;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException or FormatException)
            {
                last = e;
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                last = new TimeoutException("It did not answer in time.", e);
            }

            var next = (member + 1) % _options.Endpoints.Count;
            if (next != member && Interlocked.CompareExchange(ref _current, next, member) == member)
            {
                EtcdLog.MemberFailed(_logger, _options.Endpoints[member], last.Message, _options.Endpoints[next]);
            }
        }
    }

    private async Task<T> CallMemberAsync<T>(
        int member, string path, byte[] body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var token = _options.User is null ? null : _token ?? await AuthenticateAsync(member, cancellationToken).ConfigureAwait(false);
        try
        {
            return await SendAsync(member, path, body, token, read, cancellationToken).ConfigureAwait(false);
        }
        catch (EtcdException refusal) when (refusal.NeedsToken && token is not null)
        {
            // Tokens end: by time, when a member restarts, and when users change.
            token = await AuthenticateAsync(member, cancellationToken).ConfigureAwait(false);
            return await SendAsync(member, path, body, token, read, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string> AuthenticateAsync(int member, CancellationToken cancellationToken)
    {
        var body = Body(json =>
        {
            json.WriteString("name", _options.User);
            json.WriteString("password", _options.Password);
        });
        using var answer = await SendAsync(member, "v3/auth/authenticate", body, null, ReadAsync, cancellationToken).ConfigureAwait(false);
        var token = answer.RootElement.TryGetProperty("token", out var value) ? value.GetString() ?? "" : "";
        _token = token;
        EtcdLog.Authenticated(_logger, _options.Endpoints[member]);
        return token;
    }

    private async Task<T> SendAsync<T>(
        int member, string path, byte[] body, string? token, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_options.Endpoints[member], path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = Json;
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
        }

        var isStream = typeof(T) == typeof(HttpResponseMessage);
        var response = await _http.SendAsync(request, isStream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            return await read(response, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static async Task<JsonDocument> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            await ThrowIfRefusedAsync(response, cancellationToken).ConfigureAwait(false);
            var content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            return await JsonDocument.ParseAsync(content, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<HttpResponseMessage> CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await ThrowIfRefusedAsync(response, cancellationToken).ConfigureAwait(false);
        return response;
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        throw EtcdErrors.Parse(response.StatusCode, text);
    }
}
