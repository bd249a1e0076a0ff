using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The kernel copies to and from a process that is stopped.</summary>
public sealed class KernelCopyStoppedPeers : StoppedPeers<KernelCopyHarness>;
