using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Backends.SharedMemory.Interop;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The peer runs as another user: it is reached where both sides name each other, and only through memory that can be mapped, unless the kernel permits more.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
[SupportedOSPlatform("linux")]
public sealed class OtherUserTests
{
    private const int Length = 1 << 20;
    private const string Nobody = "65534";
    private const string Peer = "shm-target";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly string[] AsNobody = ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--"];

    private readonly RecordingLogger _logger = new();
    private string _folder = ""; // the target's
    private string _ownFolder = "";

    [SetUp]
    public void MakeFolder()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("Only root can start a process of another user.");
        }

        var program = typeof(TargetProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static attribute => attribute.Key == "nixlbench").Value!;
        if (Run([.. AsNobody, "test", "-x", program]) != 0)
        {
            Assert.Ignore($"Other users cannot reach {program} here.");
        }

        _ownFolder = Directory.CreateTempSubdirectory("nixl-test-").FullName;
        _folder = Directory.CreateTempSubdirectory("nixl-test-").FullName;
        Run(["chown", Nobody, _folder]).Should().Be(0);
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_001_001);
        _logger.Entries.Clear();
    }

    [TearDown]
    public void RemoveFolder()
    {
        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, recursive: true);
            Directory.Delete(_ownFolder, recursive: true);
        }
    }

    [Test]
    public async Task PeerOfAnotherUser_IsNotOffered_WithTheReason()
    {
        using var target = await StartAsync("Allocated", ("allowed_users", "0"));
        using var agent = Open();

        agent.LoadRemoteMetadata(target.Metadata);

        Move(agent, target).Should().Throw<NixlException>().WithMessage($"*runs as user {Nobody}*");
    }

    [Test]
    public async Task PeerThatDoesNotNameThisUser_RefusesTheConnection_AndSaysSo()
    {
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_000_000);
        using var target = await StartAsync("Allocated");
        using var agent = Open(("allowed_users", Nobody));
        agent.LoadRemoteMetadata(target.Metadata);

        var connect = () => agent.Connect(Peer);

        connect.Should().Throw<NixlException>().WithMessage("*user 0 is not among allowed_users*");
    }

    [Test]
    public async Task UserThatIsNotNamedHere_IsNotConnectedTo_WhichConnectSays()
    {
        using var target = await StartAsync("Allocated", ("allowed_users", "0"));
        using var agent = Open();
        agent.LoadRemoteMetadata(target.Metadata);

        var connect = () => agent.Connect(Peer);

        connect.Should().Throw<NixlException>().WithMessage($"*no backend of this agent reaches {Peer}; SHM: {Peer} runs as user {Nobody}*").Which.Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public async Task PeersThatNameEachOther_MoveAllocatedMemory_WhereTheKernelRefusesToCopy()
    {
        using var target = await StartAsync("Allocated", ("allowed_users", "0"));
        using var agent = Open(("allowed_users", Nobody));
        LoadWithoutTracing(agent, target);
        LoadWithoutTracing(agent, target);
        _logger.Entries.Where(static entry => entry.Id == 2512).Should().ContainSingle("the lost way is one line").Which.Text.Should().Contain("errno 1");
        agent.Connect(Peer);

        Move(agent, target).Should().NotThrow();

        agent.DescribeTransports("SHM", Peer).Should().Contain("mapped memory (1 objects)").And.Contain("process_vm refused (errno 1)");
    }

    [Test]
    public async Task OtherMemory_WhereTheKernelRefusesToCopy_IsNotOffered_WithTheReason()
    {
        using var target = await StartAsync("Other", ("allowed_users", "0"));
        using var agent = Open(("allowed_users", Nobody));
        LoadWithoutTracing(agent, target);

        Move(agent, target).Should().Throw<NixlException>().WithMessage("*does not let this process copy*");
    }

    private NixlAgent Open(params (string Name, string Value)[] parameters)
    {
        var options = new NixlAgentOptions { LoggerFactory = new OneLoggerFactory(_logger) };
        options.Backends.Add<SharedMemoryEngine>([("socket_directory", _ownFolder), .. parameters]);
        return new NixlAgent("other-user-initiator", options);
    }

    private static int Run(string[] command)
    {
        using var process = Process.Start(command[0], command[1..]);
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Loads the target's metadata as a process without the right to trace others would, which root has.</summary>
    private static void LoadWithoutTracing(NixlAgent agent, TargetProgram target)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                DropTracing();
                agent.LoadRemoteMetadata(target.Metadata);
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }
        });
        thread.Start();
        thread.Join(Limit).Should().BeTrue();
        failure.Should().BeNull();
    }

    /// <summary>Takes CAP_SYS_PTRACE from the calling thread, which is to end soon.</summary>
    private static unsafe void DropTracing()
    {
        const int Version3 = 0x20080522;
        const int Tracing = 1 << 19;
        var (get, set) = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (90, 91) : (125, 126);
        var head = stackalloc int[2] { Version3, 0 };
        var data = stackalloc int[6]; // effective, permitted, inheritable; twice
        Libc.syscall(get, (nint)head, (nint)data, 0).Should().Be(0);
        data[0] &= ~Tracing;
        Libc.syscall(set, (nint)head, (nint)data, 0).Should().Be(0);
    }

    private Task<TargetProgram> StartAsync(string memory, params (string Name, string Value)[] parameters)
        => TargetProgram.StartAsync("SHM", memory, Length, [("socket_directory", _folder), .. parameters], AsNobody);

    /// <summary>Writes to the target's memory, reads it back, and requires the same bytes.</summary>
    private static Action Move(NixlAgent agent, TargetProgram target) => () =>
    {
        using var memory = agent.AllocateMemory(2 * Length);
        using var registration = agent.Register(memory);
        new Random(4).NextBytes(memory.GetSpan(0, Length));
        foreach (var (operation, offset) in new[] { (TransferOperation.Write, 0), (TransferOperation.Read, Length) })
        {
            using var transfer = agent.CreateTransfer(
                operation,
                new DescriptorList(MemoryType.Dram, [memory.Describe(offset, Length)]),
                new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(target.Address, Length)]),
                Peer);
            var status = transfer.Post();
            SpinWait.SpinUntil(() => (status = transfer.Check()) != NixlStatus.InProgress, Limit);
            status.Should().Be(NixlStatus.Success, "{0}", transfer.GetFault());
        }

        memory.GetSpan(Length, Length).SequenceEqual(memory.GetSpan(0, Length)).Should().BeTrue();
    };
}
