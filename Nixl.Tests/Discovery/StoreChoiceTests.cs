using FluentAssertions;
using Nixl.Diagnostics;
using Nixl.Discovery;
using Nixl.Metadata.Etcd;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Tidy;
using NUnit.Framework;

namespace Nixl.Tests.Discovery;

/// <summary>Which store an agent uses: the one in the options, the one of the environment, or none. Plugins are found as the build of the command <c>nixl</c> has placed them.</summary>
public sealed class StoreChoiceTests
{
    [Test]
    public void TheEnvironment_ChoosesAPlugin_AndCompletesItsSettings()
    {
        using var log = new ConcurrentLog();
        using (NewAgent(log, null, ("NIXL_ETCD_ENDPOINTS", "http://127.0.0.1:1"), ("NIXL_ETCD_NAMESPACE", "/x"), ("NIXL_ETCD_SPELLING", "1")))
        {
            log.Texts.Should().ContainSingle(static text => text.Contains("metadata store ETCD at http://127.0.0.1:1, Manual, chosen by NIXL_ETCD_ENDPOINTS", StringComparison.Ordinal));
            log.Texts.Should().ContainSingle(static text => text.Contains("The etcd variables spelling mean nothing here", StringComparison.Ordinal));
            log.Texts.Should().NotContain(static text => text.Contains("1061", StringComparison.Ordinal), "the variables belong to somebody");
        }
    }

    [Test]
    public void TwoVariablesOfTwoStores_AreRefused_AndNamed_UnlessTheOptionsChoose()
    {
        using var log = new ConcurrentLog();
        (string, string)[] both = [("NIXL_ETCD_ENDPOINTS", "http://127.0.0.1:1"), ("NIXL_REDIS_ENDPOINT", "127.0.0.1:1")];
        var create = () => NewAgent(log, null, both);

        var refusal = create.Should().Throw<NixlException>().Which;
        refusal.Status.Should().Be(NixlStatus.InvalidParam);
        refusal.Message.Should().Contain("several metadata stores").And.Contain("NIXL_ETCD_ENDPOINTS").And.Contain("NIXL_REDIS_ENDPOINT").And.Contain("Unset all but one");
        using var chosen = NewAgent(log, new DiscoveryOptions { Store = new MetadataStoreSelection("REDIS"), Mode = DiscoveryMode.Manual }, both);
        log.Texts.Should().ContainSingle(static text => text.Contains("metadata store REDIS at redis://127.0.0.1:1, Manual, chosen by code", StringComparison.Ordinal));
        using var neither = NewAgent(log, new DiscoveryOptions { UseEnvironment = false }, both);
        log.Texts.Count(static text => text.Contains("metadata store", StringComparison.Ordinal) && text.Contains("chosen by", StringComparison.Ordinal)).Should().Be(1);
    }

    [Test]
    public void AVariableOfNobody_IsWarnedOf()
    {
        using var log = new ConcurrentLog();
        using (NewAgent(log, null, ("NIXL_ETCD_ENDPONTS", "http://127.0.0.1:1")))
        {
            log.Texts.Should().ContainSingle(static text => text.Contains("NIXL_ETCD_ENDPONTS", StringComparison.Ordinal));
        }
    }

    [Test]
    public async Task WithoutAStore_ItsCallsSayWhatToDo()
    {
        using var log = new ConcurrentLog();
        using var agent = NewAgent(log, null);

        var publish = () => agent.PublishMetadataAsync();

        var refusal = (await publish.Should().ThrowAsync<NixlException>()).Which;
        refusal.Status.Should().Be(NixlStatus.NotSupported);
        refusal.Hint.Should().Contain("Discovery.Store");
    }

    [Test]
    public void AStoreThatIsNotThere_IsNotFound_WithThePlacesThatWereSearched()
    {
        using var log = new ConcurrentLog();
        var create = () => NewAgent(log, new DiscoveryOptions { Store = new MetadataStoreSelection("NOWHERE") });

        var refusal = create.Should().Throw<NixlException>().Which;
        refusal.Status.Should().Be(NixlStatus.NotFound);
        refusal.Hint.Should().Contain("Nixl.Cli");
    }

    [Test]
    public void ASettingThatIsWrong_OrUnknown_IsRefused()
    {
        using var log = new ConcurrentLog();
        var unknown = new Dictionary<string, string> { ["endpoints"] = "http://127.0.0.1:1", ["endpoint"] = "x" };
        var create = () => NewAgent(log, new DiscoveryOptions { Store = MetadataStoreSelection.Of<EtcdStore>(unknown) });
        var missing = () => NewAgent(log, new DiscoveryOptions { Store = MetadataStoreSelection.Of<EtcdStore>() });

        create.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
        missing.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void OptionsThatMeanNothing_AreRefused()
    {
        using var log = new ConcurrentLog();
        var lease = () => NewAgent(log, new DiscoveryOptions { PresenceLease = TimeSpan.FromMilliseconds(1) });
        var shorter = () => NewAgent(log, new DiscoveryOptions { MetadataLease = TimeSpan.FromSeconds(1) });
        var beat = () => NewAgent(log, new DiscoveryOptions { HeartbeatInterval = TimeSpan.FromMilliseconds(1) });

        lease.Should().Throw<ArgumentOutOfRangeException>();
        shorter.Should().Throw<ArgumentOutOfRangeException>();
        beat.Should().Throw<ArgumentOutOfRangeException>();
    }

    private static NixlAgent NewAgent(ConcurrentLog log, DiscoveryOptions? discovery, params (string Name, string Value)[] variables)
    {
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var options = new NixlAgentOptions
        {
            PluginDirectories = [Path.Combine(Repository.Root, "Nixl.Cli", "bin", output.Parent!.Name, output.Name, "plugins")],
            UsePluginEnvironment = false,
            Discovery = discovery ?? new DiscoveryOptions(),
            LoggerFactory = log,
        };
        new InMemoryHarness().AddTo(options.Backends);
        return new NixlAgent(StoreWorld.NewName("choosing"), options, new EnvironmentSettings(variables.ToDictionary(static variable => variable.Name, static variable => variable.Value)));
    }
}
