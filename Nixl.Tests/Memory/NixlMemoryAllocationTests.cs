using FluentAssertions;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nixl.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

[Platform(Include = "Linux", Reason = "The memory is a Linux memfd.")]
public sealed class NixlMemoryAllocationTests
{
    private const long MiB = 1 << 20;

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(long.MinValue)]
    [TestCase((1L << 47) + 1)]
    [TestCase(long.MaxValue)]
    public void Allocate_ImpossibleLength_IsInvalid(long length)
        => Refused(length, new MemoryAllocationOptions()).Status.Should().Be(NixlStatus.InvalidParam);

    [TestCase(-1)]
    [TestCase(1024)]
    public void Allocate_ImpossibleNode_IsInvalid(int node)
        => Refused(MiB, new MemoryAllocationOptions { NumaNode = node }).Status.Should().Be(NixlStatus.InvalidParam);

    [TestCase(250, 'x')]
    [TestCase(125, 'é')]
    [TestCase(1, '\0')]
    public void Allocate_ImpossibleName_IsInvalid(int count, char character)
        => Refused(MiB, new MemoryAllocationOptions { Name = new string(character, count) }).Status.Should().Be(NixlStatus.InvalidParam);

    [Test]
    public void Allocate_LongestName_IsAccepted()
        => NixlMemory.Allocate(1, new MemoryAllocationOptions { Name = new string('x', 249) }, logger: null).Invoking(m => m.Dispose()).Should().NotThrow();

    [Test]
    public void Allocate_MoreThanTheMachineHas_IsRefusedBeforeTheKernelKills()
    {
        var name = OwnMappings.UniqueName();

        var error = Refused(1L << 46, new MemoryAllocationOptions { Name = name });

        error.Status.Should().Be(NixlStatus.BackendError);
        error.Detail.Should().Contain("available according to");
        error.Hint.Should().Contain("limit");
        LeavesNothing(name);
    }

    [Test]
    public void Allocate_MoreThanTheAddressSpace_NamesTheCallAndItsError()
    {
        var name = OwnMappings.UniqueName();

        var error = Refused(1L << 47, new MemoryAllocationOptions { Name = name, Populate = false });

        error.Status.Should().Be(NixlStatus.BackendError);
        error.Operation.Should().Be("AllocateMemory");
        error.NativeCode.Should().Be(Errno.ENOMEM);
        error.NativeMessage.Should().NotBeNullOrEmpty();
        error.Detail.Should().Contain("mmap");
        error.Hint.Should().Contain("RLIMIT_AS");
        LeavesNothing(name);
    }

    [Test]
    public void HugePages_AreReportedAsTheKernelMapsThem()
    {
        using var memory = NixlMemory.Allocate(8 * MiB + 4096, new MemoryAllocationOptions { HugePages = true }, logger: null);
        var description = OwnMappings.Describe(memory.Address);

        memory.HugePageBytes.Should().Be(OwnMappings.Kibibytes(description, "ShmemPmdMapped") * 1024);
        OwnMappings.Kibibytes(description, "Rss").Should().Be(8 * 1024 + 4, "what has no huge page has small ones");
        (memory.HugePageBytes == 8 * MiB).Should().Be(memory.Shortfalls.Count == 0, "a shortfall is reported, and nothing else: {0}", memory.Shortfalls);
        memory.GetSpan().ContainsAnyExcept((byte)0).Should().BeFalse();
    }

    [Test]
    public void HugePages_NotAskedFor_AreNotClaimed()
    {
        using var memory = NixlMemory.Allocate(4 * MiB, new MemoryAllocationOptions(), logger: null);

        memory.HugePageBytes.Should().Be(0);
        memory.Shortfalls.Should().BeEmpty();
    }

    [TestCase(MiB, true, "smaller")]
    [TestCase(4 * MiB, false, "populated")]
    public void HugePages_Impossible_SaysWhy(long length, bool populate, string reason)
    {
        var options = new MemoryAllocationOptions { HugePages = true, Populate = populate };
        using var memory = NixlMemory.Allocate(length, options, logger: null);

        memory.HugePageBytes.Should().Be(0);
        memory.Shortfalls.Should().ContainSingle().Which.Should().Contain(reason);
    }

    [Test]
    public void NumaNode_ThatDoesNotExist_SaysWhy()
    {
        using var memory = NixlMemory.Allocate(MiB, new MemoryAllocationOptions { NumaNode = 1023 }, logger: null);

        memory.NumaNode.Should().BeNull();
        memory.Shortfalls.Should().ContainSingle().Which.Should().Contain("node 1023").And.Contain("mbind");
    }

    [Test]
    public void NumaNode_Zero_IsGrantedOrSaysWhy()
    {
        using var memory = NixlMemory.Allocate(4 * MiB, new MemoryAllocationOptions { NumaNode = 0 }, logger: null);

        (memory.NumaNode == 0).Should().Be(memory.Shortfalls.Count == 0, "{0}", memory.Shortfalls);
        if (memory.NumaNode is not null)
        {
            MappingReport.PagesOnNode(memory.Address, 0).Should().Be((1024L, 1024L));
        }
    }

    [Test]
    public void Population_WithoutTheNewerCall_HasEveryPage()
    {
        using var memory = NixlMemory.Allocate(3 * MiB, new MemoryAllocationOptions { Populate = false }, logger: null);

        PagePopulation.PopulateByAllocation((nint)memory.Address, 3 * MiB, (SafeFileHandle)memory.Backing.Handle);

        OwnMappings.Kibibytes(OwnMappings.Describe(memory.Address), "Rss").Should().Be(3 * 1024);
        memory.GetSpan().ContainsAnyExcept((byte)0).Should().BeFalse();
    }

    [Test]
    public void Shortfall_IsLoggedAsAWarning()
    {
        var logger = new RecordingLogger();
        using var memory = NixlMemory.Allocate(MiB, new MemoryAllocationOptions { HugePages = true }, logger);

        logger.Entries.Select(entry => (entry.Level, entry.Id)).Should().Equal((LogLevel.Debug, 1400), (LogLevel.Warning, 1401));
        logger.Entries[1].Text.Should().Contain(memory.Shortfalls.Single());
    }

    private static NixlException Refused(long length, MemoryAllocationOptions options)
    {
        Action allocate = () => NixlMemory.Allocate(length, options, logger: null).Dispose();
        return allocate.Should().Throw<NixlException>().Which;
    }

    private static void LeavesNothing(string name)
    {
        OwnMappings.CountDescriptors(name).Should().Be(0);
        OwnMappings.CountMappings(name).Should().Be(0);
    }
}
