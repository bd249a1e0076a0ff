using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Backends.InMemory;

[TestFixture(typeof(InMemoryHarness))]
[TestFixture(typeof(InMemoryForeignHarness))]
[TestFixture(typeof(InMemorySliceHarness))]
[TestFixture(typeof(InMemoryImmediateHarness))]
public sealed class InMemoryRemoteTransfer<THarness> : RemoteTransferConformance<THarness>
    where THarness : IBackendHarness, new();
