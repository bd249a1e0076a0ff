using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The kernel copies to and from another process.</summary>
public sealed class KernelCopyAcrossProcesses : AcrossProcesses<KernelCopyHarness>;
