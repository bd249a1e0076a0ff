using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>UCX over loopback TCP, with the peers in another process.</summary>
public sealed class UcxTcpAcrossProcesses : AcrossProcesses<UcxTcpHarness>;
