using System.Diagnostics;
using FluentAssertions;
using Nixl.Backends.Posix;
using Nixl.Tests.Diagnostics;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>One agent with the POSIX backend, registered memory and a folder for files; everything is gone afterwards.</summary>
internal sealed class PosixWorld : IDisposable
{
    internal const int Page = 4096;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly RecordingLoggerFactory _log = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nixl-posix-");
    private readonly List<MemoryRegistration> _files = [];
    private readonly MemoryRegistration _registration;
    private ulong _lastDeviceId = 100_000;

    /// <summary>Opens the agent; skips the test, with the reason, where a queue is named that this machine does not have.</summary>
    internal PosixWorld(int memoryBytes, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        foreach (var (name, value) in parameters)
        {
            var reason = (name, value) switch
            {
                ("use_uring", "true") => QueueProbe.Uring,
                ("use_aio", "true") => QueueProbe.Aio,
                _ => null,
            };
            if (reason is not null)
            {
                _folder.Delete();
                Assert.Ignore(reason);
            }
        }

        var options = new NixlAgentOptions { LoggerFactory = _log, TransferTimeout = TimeSpan.FromSeconds(30) };
        options.Backends.Add<PosixEngine>(parameters);
        try
        {
            Agent = new NixlAgent("posix", options);
        }
        catch
        {
            _folder.Delete();
            throw;
        }

        Memory = Agent.AllocateMemory(memoryBytes);
        new Random(5).NextBytes(Memory.GetSpan(0, memoryBytes));
        _registration = Agent.Register(Memory);
    }

    internal NixlAgent Agent { get; }

    internal NixlMemory Memory { get; }

    /// <summary>What was logged: level, event, text.</summary>
    internal IReadOnlyList<(Microsoft.Extensions.Logging.LogLevel Level, int Id, string Text)> Log => _log.Logger.Entries;

    /// <summary>The queues by their parameter.</summary>
    internal static string[] QueueNames { get; } = ["use_posix_aio", "use_uring", "use_aio"];

    internal string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>A new file with random content.</summary>
    internal string NewFile(string name, int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    /// <summary>Registers a file in path mode; its device id.</summary>
    internal ulong Open(string path, string mode = "rw")
    {
        var deviceId = ++_lastDeviceId;
        Register((0, 0, deviceId, $"{mode}:{path}"));
        return deviceId;
    }

    internal MemoryRegistration Register(RegistrationDescriptor file)
    {
        var registration = Agent.Register(new RegistrationList(MemoryType.File, [file]));
        _files.Add(registration);
        return registration;
    }

    internal NixlException RegistrationRefusal(RegistrationDescriptor file)
        => FluentActions.Invoking(() => Register(file)).Should().Throw<NixlException>().Which;

    internal Transfer Create(TransferOperation operation, ulong deviceId, params ReadOnlySpan<(long Memory, ulong Offset, int Length)> parts)
    {
        var local = new DescriptorList(MemoryType.Dram);
        var remote = new DescriptorList(MemoryType.File);
        foreach (var (memory, offset, length) in parts)
        {
            local.Add(Memory.Describe(memory, length));
            remote.Add(new MemoryDescriptor(offset, (ulong)length, deviceId));
        }

        return Agent.CreateTransfer(operation, local, remote, Agent.Name, new TransferOptions { SkipDescriptorMerge = true });
    }

    /// <summary>Posts a transfer of one part; how it ended.</summary>
    internal (NixlStatus Status, TransferFault? Fault, long BytesDone) Run(TransferOperation operation, ulong deviceId, ulong offset, int length)
    {
        using var transfer = Create(operation, deviceId, (0L, offset, length));
        return Run(transfer);
    }

    internal static (NixlStatus Status, TransferFault? Fault, long BytesDone) Run(Transfer transfer)
    {
        var start = Stopwatch.GetTimestamp();
        var status = transfer.Post();
        while (status == NixlStatus.InProgress && Stopwatch.GetElapsedTime(start) < Limit)
        {
            status = transfer.Check();
        }

        transfer.IsQuiescent.Should().BeTrue("everything outstanding is reaped before a transfer ends");
        return (status, transfer.GetFault(), transfer.BytesDone);
    }

    public void Dispose()
    {
        _files.ForEach(static file => file.Dispose());
        _registration.Dispose();
        Agent.Dispose();
        Memory.Dispose();
        _folder.Delete(recursive: true);
    }
}
