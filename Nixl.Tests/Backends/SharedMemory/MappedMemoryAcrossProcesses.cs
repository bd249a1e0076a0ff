using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The memory of another process is mapped.</summary>
public sealed class MappedMemoryAcrossProcesses : AcrossProcesses<MappedMemoryHarness>;
