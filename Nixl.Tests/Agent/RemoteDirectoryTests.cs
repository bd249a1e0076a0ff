using System.Net;
using FluentAssertions;
using NUnit.Framework;
using Nixl.Agent;
using Nixl.Backends;
using Nixl.Metadata;
using Nixl.Plugins;
using Nixl.Progress;
using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Agent;

/// <summary>The rules by which metadata replaces, adds to, or is refused.</summary>
public sealed class RemoteDirectoryTests
{
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Elsewhere = IPAddress.Parse("192.0.2.2");
    private static readonly Guid First = new("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Second = new("22222222-2222-2222-2222-222222222222");
    private static readonly MemoryDescriptor Low = new(0x1000, 0x100);
    private static readonly MemoryDescriptor High = new(0x9000, 0x100);

    private ProgressLoop _loop = null!;
    private BackendInstance _backend = null!;
    private RemoteDirectory _directory = null!;

    [SetUp]
    public void Create() => Create(TakeoverPolicy.Safe);

    [TearDown]
    public void End()
    {
        _directory.Close();
        _loop.Dispose();
        var engine = (InMemoryEngine)_backend.Engine;
        _backend.Owner.Dispose();
        engine.Watch.Violations.Should().BeEmpty();
    }

    [Test]
    public void FullMetadata_Replaces()
    {
        Load(Blob(First, 1, MetadataScope.Full, 1, (Low, 1), (High, 2)));

        Load(Blob(First, 2, MetadataScope.Full, 1, (High, 2)));

        Ranges().Should().Equal(High);
    }

    [Test]
    public void FullMetadata_ReplacesWhatItHasNoSectionFor()
    {
        Load(Blob(First, 1, MetadataScope.Full, 1, (Low, 1), (High, 2)));
        var loaded = Index().ToArray();

        Load(Blob(First, 2, MetadataScope.Full, 1));

        Ranges().Should().BeEmpty();
        loaded.Should().OnlyContain(static region => ((InMemoryRemoteRegion)region).IsUnloaded);
    }

    [Test]
    public void TwoSectionsOfOneKind_AreBothLoaded([Values] MetadataScope scope)
    {
        var sections = Blob(First, 1, scope, 1, (Low, 1)).Sections.Concat(Blob(First, 1, scope, 1, (High, 2)).Sections);
        var whole = Blob(First, 1, scope, 1, (Low, 1));

        Load(new AgentMetadata { AgentName = whole.AgentName, Connections = whole.Connections, Sections = [.. sections], Extension = whole.Extension });

        Ranges().Should().Equal(Low, High);
        var loaded = Index().ToArray();
        _directory.Invalidate("peer").Should().BeTrue();
        loaded.Should().OnlyContain(static region => ((InMemoryRemoteRegion)region).IsUnloaded);
    }

    [Test]
    public void PartialMetadata_Adds()
    {
        Load(Blob(First, 1, MetadataScope.Full, 1, (Low, 1)));

        Load(Blob(First, 2, MetadataScope.Partial, 1, (High, 2)));

        Ranges().Should().Equal(Low, High);
    }

    [Test]
    public void SameRangeUnderANewKey_ReplacesTheOldOne([Values] MetadataScope scope)
    {
        Load(Blob(First, 1, MetadataScope.Full, 1, (Low, 1)));

        Load(Blob(First, 2, scope, 1, (Low, 7)));

        Keys().Should().Equal(7UL);
    }

    [Test]
    public void OlderMetadata_IsIgnored()
    {
        Load(Blob(First, 5, MetadataScope.Full, 1, (Low, 1)));

        Load(Blob(First, 5, MetadataScope.Full, 1, (High, 2)));
        Load(Blob(First, 4, MetadataScope.Full, 1));

        Ranges().Should().Equal(Low);
    }

    [Test]
    public void AnotherIncarnation_FromTheSamePlace_TakesOver()
    {
        Load(Blob(First, 9, MetadataScope.Full, 1, (Low, 1)));
        _directory.TryFind("peer", out var before).Should().BeTrue();

        Load(Blob(Second, 1, MetadataScope.Full, 2, (High, 2)));

        before!.IsGone.Should().BeTrue();
        Ranges().Should().Equal(High);
    }

    [Test]
    public void AnotherIncarnation_FromElsewhere_IsRefused_AndHarmsNothing()
    {
        Load(Blob(First, 1, MetadataScope.Full, 1, (Low, 1)));

        Refuse(NixlStatus.NotAllowed, Blob(Second, 1, MetadataScope.Full, 2), Elsewhere);

        Ranges().Should().Equal(Low);
        _directory.Invalidate("peer").Should().BeTrue();
        Load(Blob(Second, 1, MetadataScope.Full, 2, (High, 2)), Elsewhere);
        Ranges().Should().Equal(High);
    }

    [Test]
    public void TakeoverPolicy_Decides([Values] TakeoverPolicy policy)
    {
        End();
        Create(policy);
        Load(Blob(First, 1, MetadataScope.Full, 1));
        var elsewhere = () => Load(Blob(Second, 1, MetadataScope.Full, 2), Elsewhere);

        if (policy == TakeoverPolicy.Always)
        {
            elsewhere.Should().NotThrow();
        }
        else
        {
            elsewhere.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.NotAllowed);
        }
    }

    [Test]
    public void WithoutTheRecord_UpstreamsRulesHold()
    {
        Load(Blob(null, 0, MetadataScope.Full, 1, (Low, 1)));
        Load(Blob(null, 0, MetadataScope.Full, 1, (High, 2)));
        Ranges().Should().Equal([Low, High], "upstream's metadata only adds");

        Refuse(NixlStatus.NotAllowed, Blob(null, 0, MetadataScope.Full, 1, (Low, 3)), Home);
    }

    [Test]
    public void PeersBeyondTheLimit_AreRefused()
    {
        End();
        Create(TakeoverPolicy.Safe, agentsMax: 1);
        Load(Blob(First, 1, MetadataScope.Full, 1));

        Refuse(NixlStatus.NotAllowed, Blob(Second, 1, MetadataScope.Full, 1, "another"), Home);
    }

    [Test]
    public void AnotherConnectionInfo_IsRefused_AndThePeerStaysAsItWas()
    {
        Load(Blob(null, 0, MetadataScope.Full, 1, (Low, 1)));

        Refuse(NixlStatus.NotAllowed, Blob(null, 0, MetadataScope.Full, 2, (High, 2)), Home);

        Ranges().Should().Equal([Low], "upstream keeps what it had loaded, and nothing of a blob that contradicts it");
    }

    [Test]
    public void MetadataWithoutACommonBackend_IsRefused()
        => Refuse(NixlStatus.BackendError, new AgentMetadata { AgentName = "peer", Connections = [new BackendConnection("OTHER", new byte[] { 1 })] }, Home);

    [Test]
    public void RegionThatOverflows_IsRefused_AndThePeerIsNotKnown()
    {
        Refuse(NixlStatus.Mismatch, Blob(First, 1, MetadataScope.Full, 1, (Low, 1), (new MemoryDescriptor(ulong.MaxValue, 2), 2)), Home);

        _directory.TryFind("peer", out _).Should().BeFalse();
    }

    [Test]
    public async Task Waiting_EndsWithTheLoad()
    {
        var waiting = _directory.WaitForAsync("peer", TimeSpan.FromSeconds(10), CancellationToken.None);
        waiting.IsCompleted.Should().BeFalse();

        Load(Blob(First, 1, MetadataScope.Full, 1));

        await waiting;
    }

    [Test]
    public async Task Waiting_TimesOutWithAReason()
    {
        var wait = () => _directory.WaitForAsync("peer", TimeSpan.FromMilliseconds(1), CancellationToken.None);

        var timeout = (await wait.Should().ThrowAsync<NixlException>()).Which;
        (timeout.Status, timeout.Peer).Should().Be((NixlStatus.TimedOut, "peer"));
    }

    private static AgentMetadata Blob(Guid? incarnation, ulong sequence, MetadataScope scope, ulong engine, params (MemoryDescriptor Range, ulong Key)[] regions)
        => Blob(incarnation, sequence, scope, engine, "peer", regions);

    private static AgentMetadata Blob(
        Guid? incarnation, ulong sequence, MetadataScope scope, ulong engine, string name, params (MemoryDescriptor Range, ulong Key)[] regions) => new()
        {
            AgentName = name,
            Connections = [new BackendConnection(InMemoryEngine.BackendName, InMemoryEngine.ConnectionInfoOf(engine))],
            Sections = regions.Length == 0 ? [] : [new MetadataSection(
                InMemoryEngine.BackendName, MemoryType.Dram, [.. regions.Select(static r => new MetadataRegion(r.Range, InMemoryEngine.PublicDataOf(r.Key)))])],
            Extension = incarnation is { } id ? new MetadataExtension(id, sequence, scope, 0, HostIdentity.Current, []) : null,
        };

    private void Create(TakeoverPolicy policy, int agentsMax = 10)
    {
        var options = new NixlAgentOptions
        {
            Takeover = policy,
            Progress = ProgressMode.Manual,
            Limits = new LimitsOptions { RemoteAgentsMax = agentsMax },
        };
        var settings = new AgentSettings($"directory-{Guid.NewGuid():N}", options);
        _loop = new ProgressLoop(settings);
        var backends = new BackendRegistry(settings, _loop, new NotificationRouter(settings));
        _backend = backends.Create(BackendPlugin.FromType<InMemoryEngine>(), BackendParameters.Empty);
        _directory = new RemoteDirectory(settings, _loop, backends);
    }

    private void Load(AgentMetadata metadata, IPAddress? source = null) => _directory.Load(metadata, source ?? Home);

    private void Refuse(NixlStatus status, AgentMetadata metadata, IPAddress source)
        => _directory.Invoking(directory => directory.Load(metadata, source)).Should().Throw<NixlException>().Which.Status.Should().Be(status);

    private RegionIndex<BackendRemoteMemory> Index()
    {
        _directory.TryFind("peer", out var peer).Should().BeTrue();
        return peer!.Section(MemoryType.Dram, _backend);
    }

    private MemoryDescriptor[] Ranges() => [.. Index().ToArray().Select(static region => region.Range)];

    private ulong[] Keys() => [.. Index().ToArray().Select(static region => ((InMemoryRemoteRegion)region).Key)];
}
