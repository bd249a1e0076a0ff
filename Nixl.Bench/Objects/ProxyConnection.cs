using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Nixl.Bench.Objects;

/// <summary>One connection through a <see cref="StoreProxy"/>: request by request, each with its fault.</summary>
internal sealed class ProxyConnection(StoreProxy proxy, TcpClient socket, Stream client, Stream store, CancellationToken stop)
{
    private const int Slice = 16 << 10;

    private readonly HttpReader _requests = new(client);
    private readonly HttpReader _answers = new(store);
    private long _paceStart;
    private long _paced;

    internal async Task RunAsync()
    {
        while (await _requests.ReadHeadAsync(stop).ConfigureAwait(false) is { } head)
        {
            var fault = proxy.Decide(new ProxyRequest(proxy.NextNumber(), head.First, head.Second, head.Text));
            if (proxy.Latency > TimeSpan.Zero)
            {
                await Task.Delay(proxy.Latency, stop).ConfigureAwait(false);
            }

            _paceStart = Stopwatch.GetTimestamp();
            _paced = 0;
            if (fault.Status is not null)
            {
                await RefuseAsync(head, fault).ConfigureAwait(false);
                return;
            }

            if (!await ForwardAsync(head, fault).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Answers in the store's place and ends the connection.</summary>
    private async Task RefuseAsync(HttpHead head, ProxyFault fault)
    {
        for (var left = head.ExpectsContinue ? 0 : head.ContentLength; left > 0;)
        {
            var some = await _requests.ReadSomeAsync(left, stop).ConfigureAwait(false);
            if (some.IsEmpty)
            {
                return;
            }

            left -= some.Length;
        }

        var body = head.First == "HEAD" ? "" : $"<?xml version=\"1.0\"?><Error><Code>{fault.Code}</Code><Message>{fault.Message}</Message></Error>";
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {fault.Status}\r\nContent-Type: application/xml\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
        await client.WriteAsync(Encoding.UTF8.GetBytes(text), stop).ConfigureAwait(false);
        await client.FlushAsync(stop).ConfigureAwait(false);
        socket.Client.Shutdown(SocketShutdown.Send);
    }

    private async Task<bool> ForwardAsync(HttpHead head, ProxyFault fault)
    {
        await store.WriteAsync(head.ToBytes(), stop).ConfigureAwait(false);
        if (head.ExpectsContinue)
        {
            var interim = await _answers.ReadHeadAsync(stop).ConfigureAwait(false);
            if (interim?.Second != "100")
            {
                return interim is not null && await AnswerAsync(head, interim, fault).ConfigureAwait(false) && false; // refused before the body
            }

            await client.WriteAsync(interim.ToBytes(), stop).ConfigureAwait(false);
        }

        var sent = 0L;
        for (var length = head.ContentLength; sent < length;)
        {
            var some = await _requests.ReadSomeAsync(Math.Min(Slice, length - sent), stop).ConfigureAwait(false);
            if (some.IsEmpty)
            {
                return false;
            }

            if (fault.CutRequestAt >= 0 && sent + some.Length > fault.CutRequestAt)
            {
                return Reset();
            }

            await store.WriteAsync(some, stop).ConfigureAwait(false);
            sent += some.Length;
            await PaceAsync(some.Length).ConfigureAwait(false);
        }

        var answer = await _answers.ReadHeadAsync(stop).ConfigureAwait(false);
        if (answer is null || fault.LosesAnswer)
        {
            return Reset();
        }

        return await AnswerAsync(head, answer, fault).ConfigureAwait(false);
    }

    private async Task<bool> AnswerAsync(HttpHead request, HttpHead answer, ProxyFault fault)
    {
        var edited = fault.EditHead is { } edit ? new HttpHead(edit(answer.Text)) : answer;
        await client.WriteAsync(edited.ToBytes(), stop).ConfigureAwait(false);
        if (request.First == "HEAD" || answer.Second is "204" or "304")
        {
            return !answer.IsLast;
        }

        return (answer.ContentLength < 0
            ? await ChunksAsync().ConfigureAwait(false)
            : await BodyAsync(answer.ContentLength, fault).ConfigureAwait(false)) && !answer.IsLast;
    }

    private async Task<bool> BodyAsync(long length, ProxyFault fault)
    {
        for (var sent = 0L; sent < length;)
        {
            var limit = Math.Min(fault.CutAt >= 0 ? fault.CutAt : long.MaxValue, fault.HangAt >= 0 ? fault.HangAt : long.MaxValue);
            if (sent >= limit)
            {
                if (fault.HangAt == sent)
                {
                    await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(false);
                }

                return fault.Resets && Reset();
            }

            var some = await _answers.ReadSomeAsync(Math.Min(Slice, Math.Min(length, limit) - sent), stop).ConfigureAwait(false);
            if (some.IsEmpty)
            {
                return false;
            }

            if (fault.FlipAt >= sent && fault.FlipAt < sent + some.Length)
            {
                some.Span[(int)(fault.FlipAt - sent)] ^= 1;
            }

            await client.WriteAsync(some, stop).ConfigureAwait(false);
            sent += some.Length;
            await PaceAsync(some.Length).ConfigureAwait(false);
        }

        return true;
    }

    private async Task<bool> ChunksAsync()
    {
        while (true)
        {
            var line = await _answers.ReadLineAsync(stop).ConfigureAwait(false);
            await client.WriteAsync(line, stop).ConfigureAwait(false);
            var size = long.Parse(Encoding.ASCII.GetString(line).Trim().Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size > 0 && !await BodyAsync(size, ProxyFault.None).ConfigureAwait(false))
            {
                return false;
            }

            await client.WriteAsync(await _answers.ReadLineAsync(stop).ConfigureAwait(false), stop).ConfigureAwait(false);
            if (size == 0)
            {
                return true;
            }
        }
    }

    /// <summary>Waits until so many bytes were allowed to pass.</summary>
    private async Task PaceAsync(int bytes)
    {
        if (proxy.BytesPerSecond <= 0)
        {
            return;
        }

        _paced += bytes;
        var ahead = TimeSpan.FromSeconds((double)_paced / proxy.BytesPerSecond) - Stopwatch.GetElapsedTime(_paceStart);
        if (ahead > TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(ahead, stop).ConfigureAwait(false);
        }
    }

    private bool Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
        return false;
    }
}
