using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Transfers between two agents.</summary>
public abstract class RemoteTransferConformance<THarness> : TransferConformance<THarness>
    where THarness : IBackendHarness, new()
{
    internal sealed override IConformancePeer Other => Target;

    [SetUp]
    public void RequireRemote() => Requires(BackendTraits.Remote);
}
