using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Nixl.Discovery;

namespace Nixl.Metadata.Etcd;

/// <summary>One watch: an answer that stays open and brings one object per line.</summary>
internal sealed class EtcdWatch : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly PipeReader _reader;
    private readonly long _lineMax;

    private EtcdWatch(HttpResponseMessage response, Stream stream, int bytesMax)
    {
        _response = response;
        _reader = PipeReader.Create(stream);
        _lineMax = 4L * bytesMax; // several values in base64
    }

    /// <summary>Watches every key of a namespace from a revision on.</summary>
    internal static async Task<EtcdWatch> OpenAsync(EtcdClient client, MetadataKeys keys, long revision, int bytesMax, CancellationToken cancellationToken)
    {
        var response = await client.OpenAsync(
            "v3/watch",
            json =>
            {
                json.WriteStartObject("create_request");
                json.Key(keys.RangeStart);
                json.RangeEnd(keys.RangeEnd);
                json.WriteString("start_revision", revision.ToString(CultureInfo.InvariantCulture));
                json.WriteEndObject();
            },
            cancellationToken).ConfigureAwait(false);
        return new EtcdWatch(response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), bytesMax);
    }

    /// <summary>The next answer; null when there was none for a while.</summary>
    /// <exception cref="EtcdException">The watch has ended.</exception>
    internal async Task<JsonDocument?> NextAsync(TimeSpan silence, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(silence);
        try
        {
            while (true)
            {
                var read = await _reader.ReadAsync(limit.Token).ConfigureAwait(false);
                if (read.Buffer.PositionOf((byte)'\n') is { } end)
                {
                    var line = Parse(read.Buffer.Slice(0, end));
                    _reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                    return line;
                }

                if (read.IsCompleted || read.Buffer.Length > _lineMax)
                {
                    throw new EtcdException(0, read.IsCompleted ? "etcd closed the watch" : "etcd sent an answer without an end");
                }

                _reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new EtcdException(0, $"the watch broke: {e.Message}");
        }
    }

    public void Dispose()
    {
        _reader.Complete();
        _response.Dispose();
    }

    private static JsonDocument Parse(ReadOnlySequence<byte> bytes)
    {
        var line = JsonDocument.Parse(bytes.ToArray());
        if (line.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            throw EtcdErrors.Parse(error);
        }

        return line.RootElement.TryGetProperty("result", out _) ? line : throw new JsonException("A watch's answer has no result.");
    }
}
