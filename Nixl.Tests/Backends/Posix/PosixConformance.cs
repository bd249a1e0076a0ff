using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

// One line of attributes per set-up: what a suite says holds in each.
[TestFixture(typeof(PosixDefaultHarness))]
[TestFixture(typeof(PosixDefaultDirectHarness))]
[TestFixture(typeof(PosixThreadsHarness))]
[TestFixture(typeof(PosixUringHarness))]
[TestFixture(typeof(PosixUringDirectHarness))]
[TestFixture(typeof(PosixUringFixedHarness))]
[TestFixture(typeof(PosixAioHarness))]
[TestFixture(typeof(PosixAioDirectHarness))]
public sealed class PosixPlugin<THarness> : PluginConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(PosixDefaultHarness))]
[TestFixture(typeof(PosixDefaultDirectHarness))]
[TestFixture(typeof(PosixThreadsHarness))]
[TestFixture(typeof(PosixUringHarness))]
[TestFixture(typeof(PosixUringDirectHarness))]
[TestFixture(typeof(PosixUringFixedHarness))]
[TestFixture(typeof(PosixAioHarness))]
[TestFixture(typeof(PosixAioDirectHarness))]
public sealed class PosixMemoryRegistration<THarness> : MemoryConformance<THarness>
    where THarness : IBackendHarness, new();

[TestFixture(typeof(PosixDefaultHarness))]
[TestFixture(typeof(PosixDefaultDirectHarness))]
[TestFixture(typeof(PosixThreadsHarness))]
[TestFixture(typeof(PosixUringHarness))]
[TestFixture(typeof(PosixUringDirectHarness))]
[TestFixture(typeof(PosixUringFixedHarness))]
[TestFixture(typeof(PosixAioHarness))]
[TestFixture(typeof(PosixAioDirectHarness))]
public sealed class PosixStorageTransfer<THarness> : StorageTransferConformance<THarness>
    where THarness : IStorageHarness, new();

[TestFixture(typeof(PosixDefaultHarness))]
[TestFixture(typeof(PosixDefaultDirectHarness))]
[TestFixture(typeof(PosixThreadsHarness))]
[TestFixture(typeof(PosixUringHarness))]
[TestFixture(typeof(PosixUringDirectHarness))]
[TestFixture(typeof(PosixUringFixedHarness))]
[TestFixture(typeof(PosixAioHarness))]
[TestFixture(typeof(PosixAioDirectHarness))]
public sealed class PosixStorageLifetime<THarness> : StorageLifetimeConformance<THarness>
    where THarness : IStorageHarness, new();

[TestFixture(typeof(PosixDefaultHarness))]
[TestFixture(typeof(PosixDefaultDirectHarness))]
[TestFixture(typeof(PosixThreadsHarness))]
[TestFixture(typeof(PosixUringHarness))]
[TestFixture(typeof(PosixUringDirectHarness))]
[TestFixture(typeof(PosixUringFixedHarness))]
[TestFixture(typeof(PosixAioHarness))]
[TestFixture(typeof(PosixAioDirectHarness))]
[NonParallelizable]
public sealed class PosixStorageAllocation<THarness> : StorageAllocationConformance<THarness>
    where THarness : IStorageHarness, new();
