using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Transfers of an agent to itself.</summary>
public abstract class LocalTransferConformance<THarness> : TransferConformance<THarness>
    where THarness : IBackendHarness, new()
{
    internal sealed override IConformancePeer Other => World.Self;

    [SetUp]
    public void RequireLocal() => Requires(BackendTraits.Local);
}
