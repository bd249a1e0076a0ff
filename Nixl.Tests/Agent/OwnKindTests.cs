using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Discovery;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

/// <summary>Metadata that NIXL's other agents cannot use is exported with a word about it.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class OwnKindTests
{
    [Test]
    public void AnAgentOfSharedMemoryAlone_SaysOnceThatOthersWillRefuseIt([Values] bool hasAnother)
    {
        using var log = new ConcurrentLog();
        var options = new NixlAgentOptions { LoggerFactory = log };
        options.Backends.Add<SharedMemoryEngine>();
        if (hasAnother)
        {
            new InMemoryHarness().AddTo(options.Backends);
        }

        using var agent = new NixlAgent(StoreWorld.NewName("own-kind"), options);
        log.Texts.Should().NotContain(static text => text.Contains("will refuse", StringComparison.Ordinal), "nothing is exported yet");
        _ = agent.GetLocalMetadata();
        _ = agent.GetLocalMetadata();

        log.Texts.Count(static text => text.Contains("offers SHM alone", StringComparison.Ordinal)).Should().Be(hasAnother ? 0 : 1);
    }
}
