using Nixl.Metadata;

namespace Nixl.Tests.Metadata;

/// <summary>Metadata that several tests use.</summary>
internal static class MetadataSamples
{
    /// <summary>The bytes of <see cref="OneRegion"/> as NIXL 1.4 lays them out, written down by hand from its source.</summary>
    internal static readonly byte[] OneRegionBytes = Convert.FromHexString(string.Concat(
        "6e69786c5365724465737c",
        "4167656e74", "0300000000000000", "616730", "7c",
        "436f6e6e73", "0800000000000000", "0100000000000000", "7c",
        "74", "0300000000000000", "554358", "7c",
        "63", "0400000000000000", "deadbeef", "7c",
        "0a00000000000000", "4d656d53656374696f6e", "7c",
        "6e69786c536563456c6d73", "0800000000000000", "0100000000000000", "7c",
        "626b6e64", "0300000000000000", "554358", "7c",
        "6e69786c444c697374", "0a00000000000000", "6e69786c53444c697374", "7c",
        "74", "0400000000000000", "00000000", "7c",
        "6e", "0800000000000000", "0100000000000000", "7c",
        "2100000000000000", "00100000007f0000", "0020000000000000", "0000000000000000", "000000000000000000", "7c"));

    internal static AgentMetadata OneRegion { get; } = new()
    {
        AgentName = "ag0",
        Connections = [new BackendConnection("UCX", new byte[] { 0xde, 0xad, 0xbe, 0xef })],
        Sections = [new MetadataSection("UCX", MemoryType.Dram, [new MetadataRegion(new MemoryDescriptor(0x7f0000001000, 0x2000), new byte[9])])],
    };

    internal static MetadataExtension Extension { get; } = new(
        Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        7,
        MetadataScope.Partial,
        0x8000_0000_0000_0001,
        new HostIdentity(Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100"), 4026531836, 4026531840, 4711),
        [new LibraryVersion("libucp", "1.22.0"), new LibraryVersion("libfabric", "1.17.0")]);

    internal static AgentMetadata WithExtension { get; } = new()
    {
        AgentName = OneRegion.AgentName,
        Connections = OneRegion.Connections,
        Sections = OneRegion.Sections,
        Extension = Extension,
    };

    /// <summary>An agent with <paramref name="count"/> regions of 4 KiB, each with 10 bytes of public data.</summary>
    internal static AgentMetadata ManyRegions(int count) => new()
    {
        AgentName = "many",
        Connections = OneRegion.Connections,
        Sections = [new MetadataSection("UCX", MemoryType.Dram, [.. Enumerable.Range(0, count)
            .Select(i => new MetadataRegion(new MemoryDescriptor((ulong)i << 12, 4096), new byte[10]))])],
    };
}
