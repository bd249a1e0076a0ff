using System.IO.MemoryMappedFiles;
using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

public sealed class HeldBufferTests
{
    private const int Bytes = 3 * 4096;

    private string _path = "";

    [SetUp]
    public void CreateFile()
    {
        _path = Path.Combine(Path.GetTempPath(), $"nixl-view-{Guid.NewGuid():N}");
        File.WriteAllBytes(_path, new byte[Bytes]);
    }

    [TearDown]
    public void DeleteFile() => File.Delete(_path);

    [Test]
    public async Task RegisteredView_DisposedMeanwhile_StaysMappedUntilDeregistered()
    {
        using var world = new World(new InMemoryHarness());
        var source = world.AddBuffer(world.Target, 5000, seed: 3);
        MemoryRegistration registration;
        using (var file = MemoryMappedFile.CreateFromFile(_path))
        using (var view = file.CreateViewAccessor(4100, 5000))
        {
            registration = world.Initiator.Register(view);
        }

        World.Introduce(world.Initiator, world.Target);
        await world.Initiator.TransferAsync(
            TransferOperation.Read, registration.ToDescriptors(), new DescriptorList(MemoryType.Dram, [source.Descriptor]), world.Target.Name);

        File.ReadAllBytes(_path).AsSpan(4100, 5000).SequenceEqual(source.Bytes).Should().BeTrue("the view begins where it was asked for, not at its page");
        IsMapped().Should().BeTrue();
        registration.Dispose();
        IsMapped().Should().BeFalse();
    }

    [Test]
    public void RegisteredSafeBuffer_IsItsWholeMemory()
    {
        using var agent = ShelfEngine.CreateAgent();
        using var file = MemoryMappedFile.CreateFromFile(_path);
        using var view = file.CreateViewAccessor();

        using var registration = agent.Register(view.SafeMemoryMappedViewHandle);

        registration.Descriptors[0].Should().Be(new MemoryDescriptor((ulong)view.SafeMemoryMappedViewHandle.DangerousGetHandle(), view.SafeMemoryMappedViewHandle.ByteLength));
    }

    [Test]
    public void RefusedView_IsNotHeld()
    {
        using var agent = ShelfEngine.CreateAgent(refuse: "all");
        using (var file = MemoryMappedFile.CreateFromFile(_path))
        using (var view = file.CreateViewAccessor())
        {
            agent.Invoking(a => a.Register(view)).Should().Throw<NixlException>();
        }

        IsMapped().Should().BeFalse();
    }

    [Test]
    public void Register_ADisposedView_IsRefused()
    {
        using var agent = ShelfEngine.CreateAgent();
        using var file = MemoryMappedFile.CreateFromFile(_path);
        var view = file.CreateViewAccessor();
        view.Dispose();

        agent.Invoking(a => a.Register(view)).Should().Throw<ObjectDisposedException>();
    }

    [Test]
    public void RegisteredFile_ClosedMeanwhile_StaysOpenUntilDeregistered()
    {
        using var agent = ShelfEngine.CreateAgent();
        MemoryRegistration registration;
        int descriptor;
        using (var file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite))
        {
            descriptor = (int)file.DangerousGetHandle();
            registration = agent.Register(file, offset: 512, length: 1024);
        }

        registration.Type.Should().Be(MemoryType.File);
        registration.Descriptors.Should().Equal(new MemoryDescriptor(512, 1024, (ulong)descriptor));
        OpenFiles().Should().Contain(_path);
        registration.Dispose();
        OpenFiles().Should().NotContain(_path);
    }

    [Test]
    public void RegisteredFile_WithoutALength_ReachesToTheLastOffset()
    {
        using var agent = ShelfEngine.CreateAgent();
        using var file = File.OpenHandle(_path);

        using var registration = agent.Register(file, offset: 4096);

        registration.Descriptors[0].Address.Should().Be(4096);
        (registration.Descriptors[0].Address + registration.Descriptors[0].Length).Should().Be(ulong.MaxValue);
    }

    [Test]
    public void Register_AClosedOrInvalidFile_IsRefused()
    {
        using var agent = ShelfEngine.CreateAgent();
        using var invalid = new SafeFileHandle(-1, ownsHandle: false);
        var closed = File.OpenHandle(_path);
        closed.Dispose();

        agent.Invoking(a => a.Register(closed)).Should().Throw<ObjectDisposedException>();
        agent.Invoking(a => a.Register(invalid)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    private bool IsMapped() => File.ReadAllText("/proc/self/maps").Contains(_path, StringComparison.Ordinal);

    private static List<string?> OpenFiles() => Directory.GetFiles("/proc/self/fd").Select(static link =>
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed meanwhile, like the listing's own
        }
    }).ToList();
}
