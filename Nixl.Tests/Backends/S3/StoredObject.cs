using System.Globalization;
using Amazon.S3.Model;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.S3;

/// <summary>An object of its own in the bucket of the tests.</summary>
internal sealed class StoredObject : StoredRange
{
    private static long _lastDeviceId = 1000;

    private readonly ObjectServer _server;
    private readonly MemoryRegistration _registration;

    private StoredObject(ObjectServer server, NixlAgent agent, string key, ulong deviceId, int length)
        : base(MemoryType.Object, deviceId, length)
    {
        (_server, Key) = (server, key);
        _registration = agent.Register(new RegistrationList(MemoryType.Object, [(0, 0, deviceId, key)]));
    }

    internal string Key { get; }

    /// <summary>Makes an object with content from <paramref name="seed"/>, and registers it.</summary>
    internal static StoredObject Create(NixlAgent agent, int length, int seed, string? key = null)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return Create(agent, bytes, key);
    }

    internal static StoredObject Create(NixlAgent agent, byte[]? content, string? key = null)
    {
        var server = ObjectServer.Running;
        var deviceId = (ulong)Interlocked.Increment(ref _lastDeviceId);
        key ??= $"{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}/{deviceId.ToString(CultureInfo.InvariantCulture)}";
        if (content is not null)
        {
            Put(server, key, content);
        }

        return new StoredObject(server, agent, key, deviceId, content?.Length ?? 0);
    }

    internal static void Put(ObjectServer server, string key, byte[] content) => server.Client.PutObjectAsync(new PutObjectRequest
    {
        BucketName = server.Bucket,
        Key = key,
        InputStream = new MemoryStream(content),
        UseChunkEncoding = false,
    }).GetAwaiter().GetResult();

    public override byte[] Content()
    {
        using var response = _server.Client.GetObjectAsync(_server.Bucket, Key).GetAwaiter().GetResult();
        var bytes = new byte[response.ContentLength];
        response.ResponseStream.ReadExactly(bytes);
        return bytes;
    }

    public override void Dispose()
    {
        _registration.Dispose();
        _server.Client.DeleteObjectAsync(_server.Bucket, Key).GetAwaiter().GetResult();
    }
}
