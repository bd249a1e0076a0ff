using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Backends.InMemory;

// One line of attributes per set-up: what a suite says holds in each.
[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryPlugin<THarness> : PluginConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryMemory<THarness> : MemoryConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryLocalTransfer<THarness> : LocalTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryRemoteTransfer<THarness> : RemoteTransferConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryNotification<THarness> : NotificationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryLifetime<THarness> : LifetimeConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryFailure<THarness> : FailureConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryConcurrency<THarness> : ConcurrencyConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
[NonParallelizable]
public sealed class InMemoryAllocation<THarness> : AllocationConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryMetadata<THarness> : MetadataConformance<THarness>
    where THarness : IBackendHarness, new();
