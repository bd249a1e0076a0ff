using System.Globalization;
using System.Runtime.Versioning;
using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>How the memory of a peer is mapped, as the kernel tells it.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
[SupportedOSPlatform("linux")]
public sealed class MappingTests
{
    private const int HugePage = 2 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [TestCase(3 * HugePage)]
    [TestCase(20 * HugePage)] // more than the service thread enters in one turn
    public void Mapping_IsAlignedAsItsOwners_HasItsPages_AndStaysOutOfDumpsAndChildren(int bytes)
    {
        using var initiator = Open("mapping-initiator");
        using var target = Open("mapping-target");
        var name = OwnMappings.UniqueName();
        using var memory = target.AllocateMemory(bytes, new MemoryAllocationOptions { Name = name });
        target.Register(memory);

        initiator.LoadRemoteMetadata(target.GetLocalMetadata());
        initiator.Connect(target.Name);

        var others = Begins(name).Where(begin => begin != memory.Address).ToArray();
        var mapping = others.Should().ContainSingle("it is mapped once more, at the peer").Which;
        (mapping % HugePage).Should().Be(0, "huge pages need address and offset aligned alike");
        var description = OwnMappings.Describe(mapping);
        OwnMappings.Kibibytes(description, "Rss").Should().Be(bytes >> 10, "a first touch would cost a fault for each page");
        description.Single(static line => line.StartsWith("VmFlags:", StringComparison.Ordinal)).Split(' ').Should().Contain(["dd", "dc"]);
    }

    [Test]
    public void Pages_ThatWereNotAnnounced_AreNotEntered()
    {
        using var initiator = Open("part-initiator");
        using var target = Open("part-target");
        var name = OwnMappings.UniqueName();
        using var memory = target.AllocateMemory(4 * HugePage, new MemoryAllocationOptions { Name = name });
        target.Register(new DescriptorList(MemoryType.Dram, [memory.Describe(HugePage, HugePage)]));

        initiator.LoadRemoteMetadata(target.GetLocalMetadata());
        initiator.Connect(target.Name);

        var mapping = Begins(name).Single(begin => begin != memory.Address);
        OwnMappings.Kibibytes(OwnMappings.Describe(mapping), "Rss").Should().Be(HugePage >> 10);
    }

    [TestCase("XDG_RUNTIME_DIR={0}", "{0}/nixl/")]
    [TestCase("XDG_RUNTIME_DIR=", "/run/nixl/")]
    [TestCase("XDG_RUNTIME_DIR=", "{0}/nixl-65534/", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--")]
    public async Task Socket_LiesInTheFolderOfTheSession_OrOfTheSystem_OrOfTheUser(string setting, string expected, params string[] user)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("Only root has /run/nixl, and can start a program as another user.");
        }

        var folder = Directory.CreateTempSubdirectory("nixl-session-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("777", 8));
        try
        {
            string[] launcher = ["env", string.Format(CultureInfo.InvariantCulture, setting, folder), $"TMPDIR={folder}", "DOTNET_EnableDiagnostics=0", .. user];
            using var target = await TargetProgram.StartAsync("SHM", "Allocated", 4096, [], launcher);

            SocketPaths.Of(target.Metadata).Should().StartWith(string.Format(CultureInfo.InvariantCulture, expected, folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static NixlAgent Open(string name)
    {
        var options = new NixlAgentOptions { TransferTimeout = Limit };
        options.Backends.Add<SharedMemoryEngine>();
        return new NixlAgent(name, options);
    }

    /// <summary>Where this process has mapped the file of that name.</summary>
    private static IEnumerable<ulong> Begins(string name) => File.ReadAllLines("/proc/self/maps")
        .Where(line => line.Contains(name, StringComparison.Ordinal))
        .Select(static line => ulong.Parse(line.Split('-')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
