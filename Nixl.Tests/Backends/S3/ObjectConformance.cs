using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

[TestFixture(typeof(ObjectHarness))]
public sealed class ObjectPlugin<THarness> : PluginConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(ObjectHarness))]
public sealed class ObjectMemoryRegistration<THarness> : MemoryConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(ObjectHarness))]
public sealed class ObjectStorageTransfer<THarness> : StorageTransferConformance<THarness>
    where THarness : IStorageHarness, new();

[TestFixture(typeof(ObjectHarness))]
public sealed class ObjectStorageLifetime<THarness> : StorageLifetimeConformance<THarness>
    where THarness : IStorageHarness, new();

[TestFixture(typeof(ObjectHarness))]
[NonParallelizable]
public sealed class ObjectStorageAllocation<THarness> : StorageAllocationConformance<THarness>
    where THarness : IStorageHarness, new();
