using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The memory of a process that is stopped is mapped.</summary>
public sealed class MappedMemoryStoppedPeers : StoppedPeers<MappedMemoryHarness>;
