using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Plugins;

/// <summary>Backends that are created by name after the agent.</summary>
public sealed class CreateBackendTests
{
    private PluginSandbox _sandbox = null!;
    private NixlAgent _agent = null!;

    [SetUp]
    public void Open()
    {
        _sandbox = new PluginSandbox();
        _sandbox.Add("Good");
        _agent = new NixlAgent(
            "late", new NixlAgentOptions { CreateDefaultBackends = false, PluginDirectories = [_sandbox.Root], UsePluginEnvironment = false });
    }

    [TearDown]
    public void Close()
    {
        _agent.Dispose();
        _sandbox.Dispose();
    }

    [Test]
    public void BackendOfAPlugin_IsCreatedByName_WithItsParameters()
    {
        _agent.Backends.Should().BeEmpty();

        var created = _agent.CreateBackend("FIXTURE", new Dictionary<string, string> { ["depth"] = "7" });

        created.Name.Should().Be("FIXTURE");
        created.Parameters.Should().Contain("depth", "7");
        _agent.CreateBackend("FIXTURE_MT").Parameters.Should().BeEmpty();
        _agent.Backends.Select(static backend => backend.Name).Should().Equal("FIXTURE", "FIXTURE_MT");
    }

    [Test]
    public void SecondOfOneName_IsRefused_AndTheFirstStays()
    {
        _agent.CreateBackend("FIXTURE");

        var refusal = Refusal(() => _agent.CreateBackend("FIXTURE"));

        (refusal.Status, refusal.Operation, refusal.Agent, refusal.Backend).Should().Be((NixlStatus.InvalidParam, "CreateBackend", "late", "FIXTURE"));
        refusal.Hint.Should().NotBeNullOrEmpty();
        _agent.Backends.Should().ContainSingle();
    }

    [Test]
    public void NameOfNoPlugin_IsNotFound_AndTheFoldersAreNamed()
    {
        var refusal = Refusal(() => _agent.CreateBackend("fixture"));

        (refusal.Status, refusal.Backend).Should().Be((NixlStatus.NotFound, "fixture"), "names are spelled as they are");
        refusal.Message.Should().Contain(_sandbox.Root);
    }

    [Test]
    public void EndedAgent_CreatesNone()
    {
        _agent.Dispose();

        _agent.Invoking(static agent => agent.CreateBackend("FIXTURE")).Should().Throw<ObjectDisposedException>();
    }

    [Test]
    public void MemoryThatEveryBackendRefuses_SaysWhyForEach()
    {
        _agent.CreateBackend("FIXTURE");
        _agent.CreateBackend("FIXTURE_MT");

        var refusal = Refusal(() => _agent.Register(new byte[8], ["FIXTURE", "FIXTURE_MT"]));

        (refusal.Status, refusal.Operation).Should().Be((NixlStatus.BackendError, "Register"));
        refusal.Message.Should().Contain("[backend FIXTURE]").And.Contain("[backend FIXTURE_MT]").And.Contain("This engine moves nothing.");
        refusal.Hint.Should().NotBeNullOrEmpty();
    }

    private static NixlException Refusal(Action action) => action.Should().Throw<NixlException>().Which;
}
