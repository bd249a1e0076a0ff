using FluentAssertions;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class AgentCloseTests
{
    [Test]
    public void RegisteredMemory_StaysMapped_UntilTheEngineIsClosed()
    {
        var name = OwnMappings.UniqueName();
        var options = new NixlAgentOptions { UsePluginEnvironment = false };
        options.Backends.Add<LastLookEngine>(("watch", name));
        using (var agent = new NixlAgent("closing", options))
        {
            using var memory = agent.AllocateMemory(4096, new MemoryAllocationOptions { Name = name });
            agent.Register(memory);
        }

        LastLookEngine.MappingsSeen[name].Should().Be(1, "a peer may use the memory until the engine has closed its connections");
        OwnMappings.CountMappings(name).Should().Be(0);
    }
}
