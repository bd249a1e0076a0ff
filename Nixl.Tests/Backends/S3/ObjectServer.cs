using Amazon.Runtime;
using Amazon.S3;
using Nixl.Bench.Objects;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>The object store of the tests: a radosgw of their own, started at the first need and ended with the process; or the one that the environment names.</summary>
internal sealed class ObjectServer : IDisposable
{
    private const string Variable = "OBJ_TEST_ENDPOINT";

    private static readonly Lock Gate = new();
    private static ObjectServer? _instance;
    private static string? _unavailable;

    private readonly LocalGateway? _gateway;

    private ObjectServer(string endpoint, string accessKey, string secretKey, string bucket, LocalGateway? gateway)
    {
        (Endpoint, AccessKey, SecretKey, Bucket, _gateway) = (new Uri(endpoint), accessKey, secretKey, bucket, gateway);
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
    internal bool IsOwn => _gateway is not null;

    /// <summary>The parameters by which the backend reaches it, through <paramref name="endpoint"/> where that is given.</summary>
    internal (string Name, string Value)[] Parameters(Uri? endpoint = null) =>
    [
        ("endpoint_override", (endpoint ?? Endpoint).ToString()), ("access_key", AccessKey), ("secret_key", SecretKey), ("bucket", Bucket), ("region", "us-east-1"),
    ];

    /// <summary>Kills radosgw; the data stays.</summary>
    internal void Stop() => Require(_gateway!.Kill());

    /// <summary>Starts radosgw again.</summary>
    internal void Start() => Require(_gateway!.Revive());

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
        _gateway?.Dispose();
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
            if (LocalGateway.Start(out unavailable) is not { } gateway)
            {
                unavailable += $" {Variable} names no other object store either.";
                return null;
            }

            server = new ObjectServer(gateway.Endpoint.ToString(), LocalGateway.AccessKey, LocalGateway.SecretKey, "nixl-tests", gateway);
            server.Client.PutBucketAsync(server.Bucket).GetAwaiter().GetResult();
        }

        return server;
    }

    private static void Require(bool isObeyed)
    {
        if (!isObeyed)
        {
            throw new AssertionException("radosgw does not stop or start");
        }
    }

    private static string Read(string variable)
        => Environment.GetEnvironmentVariable(variable) ?? throw new AssertionException($"{Variable} is set, and {variable} is not");
}
