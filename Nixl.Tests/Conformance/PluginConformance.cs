using FluentAssertions;
using Nixl.Backends;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>A backend is created, says what it is, and leaves nothing behind.</summary>
public abstract class PluginConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    [Test]
    public void Backend_IsListed_WithHostMemoryAmongItsTypes()
    {
        var backend = Initiator.Backends.Should().ContainSingle().Which;

        backend.Name.Should().Be(Harness.Backend);
        backend.Capabilities.MemoryTypes.Includes(MemoryType.Dram).Should().BeTrue();
    }

    [Test]
    public void Creation_Twice_IsRefused()
    {
        var refusal = Refusal(() =>
        {
            var options = new NixlAgentOptions();
            Harness.AddTo(options.Backends);
            Harness.AddTo(options.Backends);
            using var agent = new NixlAgent("twice", options);
        });

        refusal.Status.Should().Be(NixlStatus.InvalidParam);
        refusal.Backend.Should().Be(Harness.Backend);
    }

    [Test]
    public void Creation_WithAnUnknownParameter_IsRefusedByName()
    {
        Requires(BackendTraits.RefusesUnknownParameters);

        var refusal = Refusal(() =>
        {
            var options = new NixlAgentOptions();
            Harness.AddTo(options.Backends, ("no_such_parameter", "1"));
            using var agent = new NixlAgent("unknown-parameter", options);
        });

        refusal.Status.Should().Be(NixlStatus.InvalidParam);
        refusal.Message.Should().Contain("no_such_parameter");
    }

    [Test]
    public void Connect_OpensTheConnectionAndIsIdempotent()
    {
        Requires(BackendTraits.Remote);
        World.IntroduceBoth();

        Initiator.Connect(Target.Name);
        Initiator.Connect(Target.Name);

        Initiator.DescribeTransports(Harness.Backend, Target.Name).Should().NotBeEmpty();
    }

    [Test]
    public void Connect_OverNamedBackends_RefusesWhatDoesNotReachThePeer()
    {
        Requires(BackendTraits.Remote);
        World.IntroduceBoth();

        Initiator.Connect(Target.Name, [Harness.Backend]);

        var refusal = Refusal(() => Initiator.Connect(Target.Name, [Harness.Backend, "NO_SUCH"]));
        refusal.Status.Should().Be(NixlStatus.NotFound);
        refusal.Backend.Should().Be("NO_SUCH");
        Refusal(() => Initiator.Connect("nobody", [Harness.Backend])).Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    [Platform(Include = "Linux", Reason = "Descriptors are counted in /proc.")]
    [NonParallelizable]
    public void Agents_LeaveNoDescriptorsBehind()
    {
        CreateAndEnd("warm-up");
        var before = CountDescriptors();

        for (var i = 0; i < 4; i++)
        {
            CreateAndEnd($"descriptors-{i}");
        }

        CountDescriptors().Should().BeLessThanOrEqualTo(before);
    }

    private static int CountDescriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private void CreateAndEnd(string name)
    {
        var options = new NixlAgentOptions();
        Harness.AddTo(options.Backends);
        using var agent = new NixlAgent(name, options);
        using var memory = agent.AllocateMemory(4096);
        using var registration = agent.Register(memory);
    }
}
