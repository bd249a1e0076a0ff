using System.Diagnostics;
using Amazon.S3.Model;
using FluentAssertions;
using Nixl.Backends.S3;
using Nixl.Bench.Objects;
using Nixl.Tests.Diagnostics;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>One agent with the OBJ backend behind a proxy, and registered memory; everything is gone afterwards, and nothing that was said held a secret.</summary>
internal sealed class ObjectWorld : IDisposable
{
    internal const int Part = 5 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly RecordingLoggerFactory _log = new();
    private readonly MemoryRegistration _registration;
    private readonly List<StoredObject> _objects = [];
    private readonly List<string> _texts = [];

    internal ObjectWorld(int memoryBytes, params (string Name, string Value)[] parameters)
    {
        Server = ObjectServer.Running;
        Proxy = new StoreProxy(Server.Endpoint);
        var options = new NixlAgentOptions { LoggerFactory = _log, TransferTimeout = Limit };
        var given = Server.Parameters(Proxy.Endpoint).Where(own => parameters.All(other => other.Name != own.Name));
        options.Backends.Add<S3Engine>([.. given, .. parameters]);
        Agent = new NixlAgent($"object-{TestContext.CurrentContext.Test.ID}", options);
        Memory = Agent.AllocateMemory(memoryBytes);
        new Random(5).NextBytes(Memory.GetSpan(0, memoryBytes));
        _registration = Agent.Register(Memory);
    }

    internal ObjectServer Server { get; }

    internal StoreProxy Proxy { get; }

    internal NixlAgent Agent { get; }

    internal NixlMemory Memory { get; }

    /// <summary>What was logged: level, event, text.</summary>
    internal IReadOnlyList<(Microsoft.Extensions.Logging.LogLevel Level, int Id, string Text)> Log => _log.Logger.Entries;

    internal byte[] Bytes(int length) => Memory.GetSpan(0, length).ToArray();

    /// <summary>A registered object with random content; or without any, where <paramref name="length"/> is -1.</summary>
    internal StoredObject Add(int length, string? key = null)
    {
        var bytes = length < 0 ? null : new byte[length];
        new Random(length).NextBytes(bytes ?? []);
        _objects.Add(StoredObject.Create(Agent, bytes, key));
        return _objects[^1];
    }

    internal Transfer Create(TransferOperation operation, StoredObject stored, params ReadOnlySpan<(long Memory, long Offset, int Length)> parts)
    {
        var local = new DescriptorList(MemoryType.Dram);
        var remote = new DescriptorList(MemoryType.Object);
        foreach (var (memory, offset, length) in parts)
        {
            local.Add(Memory.Describe(memory, length));
            remote.Add(stored.At(offset, length));
        }

        return Agent.CreateTransfer(operation, local, remote, Agent.Name, new TransferOptions { SkipDescriptorMerge = true });
    }

    internal (NixlStatus Status, string Text) Read(StoredObject stored, int length, long offset = 0) => Run(TransferOperation.Read, stored, offset, length);

    internal (NixlStatus Status, string Text) Write(StoredObject stored, int length) => Run(TransferOperation.Write, stored, 0, length);

    /// <summary>Posts and waits for the end: how it ended, and what is said about it.</summary>
    internal (NixlStatus Status, string Text) Run(Transfer transfer)
    {
        var start = Stopwatch.GetTimestamp();
        var status = transfer.Post();
        while (status == NixlStatus.InProgress && Stopwatch.GetElapsedTime(start) < Limit)
        {
            Thread.Yield();
            status = transfer.Check();
        }

        transfer.IsQuiescent.Should().BeTrue("a transfer ends when nothing touches its memory any more");
        var text = transfer.GetFault()?.ToString() ?? "";
        _texts.Add(text);
        return (status, text);
    }

    /// <summary>The keys of the uploads that the store lists as open, below this key.</summary>
    internal IReadOnlyList<string> OpenUploads(string prefix)
    {
        var response = Server.Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Server.Bucket, Prefix = prefix }).GetAwaiter().GetResult();
        return [.. (response.MultipartUploads ?? []).Select(static upload => upload.Key)];
    }

    internal void RequireNoUpload(StoredObject stored) => Eventually(() => OpenUploads(stored.Key).Count == 0, "an upload that failed leaves nothing");

    internal static void Eventually(Func<bool> condition, string because) => SpinWait.SpinUntil(condition, Limit).Should().BeTrue(because);

    public void Dispose()
    {
        Proxy.Decide = static _ => ProxyFault.None;
        _objects.ForEach(static stored => stored.Dispose());
        _registration.Dispose();
        Agent.Dispose();
        Memory.Dispose();
        Proxy.DisposeAsync().AsTask().GetAwaiter().GetResult();
        RequireSilence(Log.Select(static entry => entry.Text).Concat(_texts));
    }

    /// <summary>No text may hold a secret.</summary>
    internal void RequireSilence(IEnumerable<string> texts)
        => texts.Should().NotContain(text => text.Contains(Server.SecretKey, StringComparison.Ordinal) || text.Contains(Server.AccessKey, StringComparison.Ordinal));

    private (NixlStatus Status, string Text) Run(TransferOperation operation, StoredObject stored, long offset, int length)
    {
        using var transfer = Create(operation, stored, (0L, offset, length));
        return Run(transfer);
    }
}
