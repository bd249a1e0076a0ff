using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>UCX over shared memory, with the peers in another process.</summary>
public sealed class UcxSharedMemoryAcrossProcesses : AcrossProcesses<UcxSharedMemoryHarness>;
