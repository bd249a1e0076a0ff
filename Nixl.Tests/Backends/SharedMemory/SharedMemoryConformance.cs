using Nixl.Tests.Conformance;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

// One line of attributes per way to move bytes, within a process and across two: what a suite says holds in each.
[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmPlugin<THarness> : PluginConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmMemory<THarness> : MemoryConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmLocalTransfer<THarness> : LocalTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
[TestFixture(typeof(MappedMemoryStoppedPeers))]
[TestFixture(typeof(KernelCopyStoppedPeers))]
public sealed class ShmRemoteTransfer<THarness> : RemoteTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmNotification<THarness> : NotificationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmLifetime<THarness> : LifetimeConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmFailure<THarness> : FailureConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmConcurrency<THarness> : ConcurrencyConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
[NonParallelizable]
public sealed class ShmAllocation<THarness> : AllocationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmMetadata<THarness> : MetadataConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryAcrossProcesses))]
[TestFixture(typeof(KernelCopyAcrossProcesses))]
public sealed class ShmPeerProcess<THarness> : PeerProcessConformance<THarness>
    where THarness : IBackendHarness, IPeerHost, new();
