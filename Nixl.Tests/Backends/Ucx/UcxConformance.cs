using Nixl.Tests.Conformance;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

// One line of attributes per set-up, within a process and across two: what a suite says holds in each.
[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
public sealed class UcxPlugin<THarness> : PluginConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxTcpAcrossProcesses))]
public sealed class UcxMemory<THarness> : MemoryConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxThreadsHarness))]
public sealed class UcxLocalTransfer<THarness> : LocalTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxTcpAcrossProcesses))]
[TestFixture(typeof(UcxSharedMemoryAcrossProcesses))]
[TestFixture(typeof(UcxThreadsHarness))]
public sealed class UcxRemoteTransfer<THarness> : RemoteTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxTcpAcrossProcesses))]
[TestFixture(typeof(UcxSharedMemoryAcrossProcesses))]
[TestFixture(typeof(UcxThreadsHarness))]
public sealed class UcxNotification<THarness> : NotificationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxTcpAcrossProcesses))]
[TestFixture(typeof(UcxThreadsHarness))]
public sealed class UcxLifetime<THarness> : LifetimeConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxTcpAcrossProcesses))]
[TestFixture(typeof(UcxThreadsHarness))]
public sealed class UcxFailure<THarness> : FailureConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxTcpAcrossProcesses))]
[TestFixture(typeof(UcxThreadsHarness))]
public sealed class UcxConcurrency<THarness> : ConcurrencyConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxThreadsHarness))]
[NonParallelizable]
public sealed class UcxAllocation<THarness> : AllocationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxTcpAcrossProcesses))]
public sealed class UcxMetadata<THarness> : MetadataConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(UcxTcpAcrossProcesses))]
public sealed class UcxPeerProcess<THarness> : PeerProcessConformance<THarness>
    where THarness : IBackendHarness, IPeerHost, new();
