using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Nixl.Backends.S3.Client;
using Nixl.Backends.S3.Transfers;

namespace Nixl.Backends.S3;

/// <summary>NIXL's OBJ backend: host memory to objects of an S3-compatible store, and back, within one agent.</summary>
/// <remarks>Requests run asynchronously on the thread pool and end their posts themselves; nothing has to be polled.</remarks>
[ExportBackend("OBJ", MemoryTypes.Dram | MemoryTypes.Object, SupportsLocal = true, ThreadsParameter = "num_threads",
    Description = "Host memory to objects of S3-compatible stores and back, in parallel parts, through the AWS SDK.")]
public partial class S3Engine : INixlBackendEngine, ILocalEngine, ITransportDescriber, ICostEstimator, IMemoryQuery
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<S3Request, bool> _requests = new();
    private string _agent = "";
    private ILogger? _logger;
    private S3Options? _options;
    private Store? _store;
    private string _endpoint = "";

    /// <inheritdoc/>
    public BackendCapabilities Capabilities { get; private set; } = new(MemoryTypes.None, BackendLocality.Network);

    /// <inheritdoc/>
    public string Library => $"AWSSDK.S3 {typeof(Amazon.S3.AmazonS3Client).Assembly.GetName().Version}";

    /// <inheritdoc/>
    public string EffectiveSettings => _options?.Describe() ?? "";

    /// <summary>What the transfers share, for tests.</summary>
    internal Store? Store => _store;

    /// <inheritdoc/>
    /// <remarks>Contacts nobody: a store that does not answer is found by the first transfer.</remarks>
    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(context);
        (_agent, _logger) = (context.AgentName, context.Logger);
        _options = S3OptionsReader.Read(context.Parameters, out var status, out fault);
        if (_options is null || ObjectClientFactory.Create(_options, out status, out fault) is not { } client)
        {
            return status;
        }

        _endpoint = client.Endpoint;
        _store = new Store(client, _options, _agent, _logger);
        Capabilities = new BackendCapabilities(MemoryTypes.Dram | MemoryTypes.Object, BackendLocality.Network)
        {
            LocalSide = MemoryTypes.Dram,
            RemoteSide = MemoryTypes.Object,
        };
        _logger.Started(_agent, _options.Describe());
        if (_options.Remark.Length > 0)
        {
            _logger.Remarked(_agent, _options.Remark);
        }

        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    /// <remarks>The native code of this backend's faults is the HTTP status.</remarks>
    public string DescribeFault(in BackendFault fault) => fault.NativeCode == 0 ? fault.Detail ?? "" : $"HTTP {fault.NativeCode} {(System.Net.HttpStatusCode)fault.NativeCode}";

    /// <inheritdoc/>
    public string DescribeTransports(string agent)
        => _options is { } options && agent == _agent ? $"{options.Place} at {_endpoint}, {options.Concurrency} requests at once in parts of {options.PartBytes} bytes" : "";

    /// <inheritdoc/>
    public NixlStatus GetNotifs(INotificationSink sink) => NixlStatus.NotSupported;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what is in flight, waits until nothing uses registered memory any more, and for a few seconds until failed uploads are dropped.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing || _store is not { } store)
        {
            return;
        }

        foreach (var (request, _) in _requests)
        {
            request.StopForGood();
        }

        var start = Stopwatch.GetTimestamp();
        foreach (var (request, _) in _requests)
        {
            while (!request.Quiescent.Wait(ReportInterval))
            {
                _logger?.StillDraining(_agent, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        _requests.Clear();
        store.Dispose();
        _store = null;
    }

    private static NixlStatus Closed(out BackendFault fault)
    {
        fault = BackendFault.Because("The OBJ backend is not open.", "Create the agent anew.");
        return NixlStatus.NotAllowed;
    }
}
