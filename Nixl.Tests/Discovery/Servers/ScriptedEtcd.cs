using System.Globalization;
using System.Net;
using System.Text;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>Something on etcd's port that answers each call with what a test says; an answer to a watch stays open until the end.</summary>
internal sealed class ScriptedEtcd : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string, string> _answer;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="answer">Given the path of a call, what is answered.</param>
    internal ScriptedEtcd(Func<string, string> answer)
    {
        _answer = answer;
        Endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ServerProcess.FreePort()}");
        _listener.Prefixes.Add($"{Endpoint}/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    internal string Endpoint { get; }

    public void Dispose()
    {
        _end.TrySetResult();
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var call = await _listener.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(call));
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task AnswerAsync(HttpListenerContext call)
    {
        try
        {
            var path = call.Request.Url!.AbsolutePath;
            call.Response.SendChunked = true;
            await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(_answer(path)));
            await call.Response.OutputStream.FlushAsync();
            if (path.EndsWith("/watch", StringComparison.Ordinal))
            {
                await _end.Task;
            }

            call.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The caller left.
        }
    }
}
