using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>The object store of the tests: a radosgw of their own, started at the first need and ended with the process; or the one that the environment names.</summary>
internal sealed class ObjectServer : IDisposable
{
    private const string Variable = "OBJ_TEST_ENDPOINT";
    private const string Script = "radosgw.sh";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly Lock Gate = new();
    private static ObjectServer? _instance;
    private static string? _unavailable;

    private readonly Process? _process;

    private ObjectServer(string endpoint, string accessKey, string secretKey, string bucket, Process? process)
    {
        (Endpoint, AccessKey, SecretKey, Bucket, _process) = (new Uri(endpoint), accessKey, secretKey, bucket, process);
        Client = new AmazonS3Client(new BasicAWSCredentials(accessKey, secretKey), new AmazonS3Config
        {
            ServiceURL = endpoint,
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    /// <summary>A sentence that says why there is none; null when there is one, which is then running.</summary>
    internal static string? Unavailable
    {
        get
        {
            lock (Gate)
            {
                if (_instance is null && _unavailable is null)
                {
                    _instance = Open(out _unavailable);
                }

                return _unavailable;
            }
        }
    }

    /// <summary>The running one; skips the test where there is none.</summary>
    internal static ObjectServer Running
    {
        get
        {
            if (Unavailable is { } reason)
            {
                Assert.Ignore(reason);
            }

            return _instance!;
        }
    }

    internal Uri Endpoint { get; }

    internal string AccessKey { get; }

    internal string SecretKey { get; }

    internal string Bucket { get; }

    /// <summary>Looks at the store without the backend.</summary>
    internal AmazonS3Client Client { get; }

    /// <summary>Whether it is ours to stop.</summary>
    internal bool IsOwn => _process is not null;

    /// <summary>The parameters by which the backend reaches it, through <paramref name="endpoint"/> where that is given.</summary>
    internal (string Name, string Value)[] Parameters(Uri? endpoint = null) =>
    [
        ("endpoint_override", (endpoint ?? Endpoint).ToString()), ("access_key", AccessKey), ("secret_key", SecretKey), ("bucket", Bucket), ("region", "us-east-1"),
    ];

    /// <summary>Kills radosgw; the data stays.</summary>
    internal void Stop() => Order("stop", "stopped");

    /// <summary>Starts radosgw again.</summary>
    internal void Start() => Order("start", "ready");

    /// <summary>Ends the one that runs, if any.</summary>
    internal static void End()
    {
        lock (Gate)
        {
            _instance?.Dispose();
            _instance = null;
            _unavailable = "The tests are over.";
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        if (_process is null)
        {
            return;
        }

        _process.StandardInput.Close();
        if (!_process.WaitForExit(StartLimit))
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static ObjectServer? Open(out string? unavailable)
    {
        unavailable = null;
        ObjectServer server;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } endpoint)
        {
            server = new ObjectServer(endpoint, Read("OBJ_TEST_ACCESS_KEY"), Read("OBJ_TEST_SECRET_KEY"), Read("OBJ_TEST_BUCKET"), null);
        }
        else
        {
            if (!OperatingSystem.IsLinux() || !HasTools())
            {
                unavailable = $"radosgw, ceph-mon and ceph-osd are not installed here, and {Variable} names no other object store.";
                return null;
            }

            const string Access = "NIXLTESTACCESSKEY";
            const string Secret = "nixl+test/secret+key/0123456789abcdef";
            var port = FreePort();
            var process = StartScript(port, Access, Secret);
            if (ReadLine(process) is not "ready" and var line)
            {
                process.StandardInput.Close();
                unavailable = $"radosgw cannot run here: {line ?? "it said nothing"}";
                return null;
            }

            server = new ObjectServer($"http://127.0.0.1:{port}", Access, Secret, "nixl-tests", process);
            server.Client.PutBucketAsync(server.Bucket).GetAwaiter().GetResult();
        }

        return server;
    }

    private static string Read(string variable)
        => Environment.GetEnvironmentVariable(variable) ?? throw new AssertionException($"{Variable} is set, and {variable} is not");

    private static bool HasTools()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return ((string[])["radosgw", "ceph-mon", "ceph-osd", "ceph", "setpriv", "bash"]).All(tool => folders.Any(folder => File.Exists(Path.Combine(folder, tool))));
    }

    private static Process StartScript(int port, string access, string secret)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"nixl-radosgw-{Environment.ProcessId}-{port}");
        var command = new ProcessStartInfo("bash", [Path.Combine(AppContext.BaseDirectory, Script), folder, $"{FreePort()}", $"{port}", access, secret])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(command)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? ReadLine(Process process)
    {
        var reading = process.StandardOutput.ReadLineAsync();
        return reading.Wait(StartLimit) ? reading.Result : null;
    }

    private void Order(string order, string answer)
    {
        _process!.StandardInput.WriteLine(order);
        _process.StandardInput.Flush();
        if (ReadLine(_process) != answer)
        {
            throw new AssertionException($"radosgw did not {order}");
        }
    }
}
