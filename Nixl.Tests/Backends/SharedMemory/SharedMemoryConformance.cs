using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

// One line of attributes per way to move bytes: what a suite says holds in each.
[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmPlugin<THarness> : PluginConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmMemory<THarness> : MemoryConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmLocalTransfer<THarness> : LocalTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmRemoteTransfer<THarness> : RemoteTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmNotification<THarness> : NotificationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmLifetime<THarness> : LifetimeConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmFailure<THarness> : FailureConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmConcurrency<THarness> : ConcurrencyConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
[NonParallelizable]
public sealed class ShmAllocation<THarness> : AllocationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(MappedMemoryHarness))]
[TestFixture(typeof(KernelCopyHarness))]
public sealed class ShmMetadata<THarness> : MetadataConformance<THarness>
    where THarness : IBackendHarness, new();
