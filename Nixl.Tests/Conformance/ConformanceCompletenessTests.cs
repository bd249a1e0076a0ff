using FluentAssertions;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>No backend is tested less than another without a sentence that says why.</summary>
public sealed class ConformanceCompletenessTests
{
    private const string StorageOnly = "The backend reaches no other agent and moves nothing from memory to memory: the storage suites say the same for memory and storage.";

    private const string WorkersChangeNothing = "Said by UcxTcpHarness: the number of workers changes nothing in it.";

    private const string OneAgentAlone = "An agent's transfers to itself involve no other process: the harness of one process says the same.";

    private const string PeersTakePart = "The peer has a part in what the suite does; what one-sided engines do without it is to move bytes.";

    private const string OneAgentInUcx = "The backend itself is the same wherever the peer is: said by UcxTcpHarness.";

    private const string NotOfTransports = "Said by UcxTcpAcrossProcesses: where the peer is, the transports change only how bytes and messages move.";

    // (harness or its base, suite, why not). A suite that does not apply is left out here and nowhere else; one for a kind of harness applies to no other.
    private static readonly (string Harness, string Suite, string Sentence)[] Exemptions =
    [
        ("UcxThreadsHarness", "PluginConformance", WorkersChangeNothing),
        ("UcxThreadsHarness", "MemoryConformance", WorkersChangeNothing),
        ("UcxThreadsHarness", "MetadataConformance", WorkersChangeNothing),
        ("AcrossProcesses`1", "LocalTransferConformance", OneAgentAlone),
        ("StoppedPeers`1", "PluginConformance", PeersTakePart),
        ("StoppedPeers`1", "MemoryConformance", PeersTakePart),
        ("StoppedPeers`1", "MetadataConformance", PeersTakePart),
        ("StoppedPeers`1", "NotificationConformance", PeersTakePart),
        ("StoppedPeers`1", "LifetimeConformance", PeersTakePart),
        ("StoppedPeers`1", "FailureConformance", PeersTakePart),
        ("StoppedPeers`1", "ConcurrencyConformance", PeersTakePart),
        ("StoppedPeers`1", "AllocationConformance", PeersTakePart),
        ("StoppedPeers`1", "PeerProcessConformance", PeersTakePart),
        ("UcxTcpAcrossProcesses", "PluginConformance", OneAgentInUcx),
        ("UcxTcpAcrossProcesses", "AllocationConformance", "What an operation allocates does not depend on where the peer is: said by UcxTcpHarness."),
        ("UcxSharedMemoryAcrossProcesses", "PluginConformance", OneAgentInUcx),
        ("UcxSharedMemoryAcrossProcesses", "MemoryConformance", NotOfTransports),
        ("UcxSharedMemoryAcrossProcesses", "MetadataConformance", NotOfTransports),
        ("UcxSharedMemoryAcrossProcesses", "LifetimeConformance", NotOfTransports),
        ("UcxSharedMemoryAcrossProcesses", "FailureConformance", NotOfTransports),
        ("UcxSharedMemoryAcrossProcesses", "ConcurrencyConformance", NotOfTransports),
        ("UcxSharedMemoryAcrossProcesses", "AllocationConformance", NotOfTransports),
        ("UcxSharedMemoryAcrossProcesses", "PeerProcessConformance", "What a stopped or killed peer means depends on libucp's release here; StoppedPeerTests take each of the ends."),
        ("PosixHarness", "LocalTransferConformance", StorageOnly),
        ("PosixHarness", "RemoteTransferConformance", StorageOnly),
        ("PosixHarness", "NotificationConformance", "The backend has no notifications."),
        ("PosixHarness", "LifetimeConformance", StorageOnly),
        ("PosixHarness", "FailureConformance", StorageOnly),
        ("PosixHarness", "ConcurrencyConformance", StorageOnly),
        ("PosixHarness", "AllocationConformance", StorageOnly),
        ("PosixHarness", "MetadataConformance", "The backend exposes nothing to peers."),
        ("ObjectHarness", "LocalTransferConformance", StorageOnly),
        ("ObjectHarness", "RemoteTransferConformance", StorageOnly),
        ("ObjectHarness", "NotificationConformance", "The backend has no notifications."),
        ("ObjectHarness", "LifetimeConformance", StorageOnly),
        ("ObjectHarness", "FailureConformance", StorageOnly),
        ("ObjectHarness", "ConcurrencyConformance", StorageOnly),
        ("ObjectHarness", "AllocationConformance", StorageOnly),
        ("ObjectHarness", "MetadataConformance", "The backend exposes nothing to peers."),
    ];

    // Harnesses whose peers are never in another process, and why not.
    private static readonly (string Harness, string Sentence)[] WithinOneProcess =
    [
        ("InMemoryHarness", "The engine moves bytes by plain copies between the agents of one process; it has no way to another."),
        ("UcxThreadsHarness", WorkersChangeNothing),
    ];

    private static readonly Type[] Types = typeof(ConformanceCompletenessTests).Assembly.GetTypes();

    private static IEnumerable<Type> Harnesses
        => Types.Where(static type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IBackendHarness)));

    private static IEnumerable<Type> Suites => Types.Where(static type =>
        type.IsAbstract && IsSuite(type) && type != typeof(BackendConformance<>) && type != typeof(TransferConformance<>));

    [Test]
    public void EveryHarness_AdoptsEverySuite([ValueSource(nameof(Harnesses))] Type harness)
        => Suites.Where(suite => Applies(suite, harness) && !IsAdopted(suite, harness) && !IsExempt(suite, harness)).Should().BeEmpty(
            "{0} must adopt every suite or say why not", harness.Name);

    [Test]
    public void EveryHarnessOfABackendForPeers_IsAlsoUsedAcrossProcesses_OrSaysWhyNot([ValueSource(nameof(Harnesses))] Type harness)
    {
        var reasons = WithinOneProcess.Where(reason => IsOrDerives(harness, reason.Harness)).ToArray();
        var needsOne = !harness.IsAssignableTo(typeof(IPeerHost)) && ((IBackendHarness)Activator.CreateInstance(harness)!).Traits.HasFlag(BackendTraits.Remote);
        var isUsed = Harnesses.Any(other => other.BaseType is { IsGenericType: true } parent
            && parent.GetGenericTypeDefinition() == typeof(AcrossProcesses<>) && parent.GetGenericArguments()[0] == harness);

        (isUsed || reasons.Length == 1).Should().Be(needsOne, "{0} derives from AcrossProcesses or says why not", harness.Name);
        (isUsed && reasons.Length == 1).Should().BeFalse("{0} needs no reason", harness.Name);
        reasons.Where(static reason => !reason.Sentence.EndsWith('.')).Should().BeEmpty();
    }

    [Test]
    public void Suites_AreFound() => Suites.Should().HaveCount(14);

    [Test]
    public void Exemptions_HaveSentencesAndAreNeeded()
    {
        Exemptions.Where(static exemption => !exemption.Sentence.EndsWith('.')).Should().BeEmpty();
        Exemptions.Where(static exemption => !Harnesses.Any(harness => IsOrDerives(harness, exemption.Harness))).Should().BeEmpty();
        Exemptions.Where(static exemption => Harnesses.Any(harness => IsOrDerives(harness, exemption.Harness)
            && IsAdopted(Suites.Single(suite => NameOf(suite) == exemption.Suite), harness))).Should().BeEmpty();
    }

    private static bool IsSuite(Type type) => type.IsGenericTypeDefinition && NameOf(type).EndsWith("Conformance", StringComparison.Ordinal);

    private static string NameOf(Type suite) => suite.Name[..suite.Name.IndexOf('`', StringComparison.Ordinal)];

    private static bool IsExempt(Type suite, Type harness)
        => Exemptions.Any(exemption => IsOrDerives(harness, exemption.Harness) && exemption.Suite == NameOf(suite));

    private static bool IsOrDerives(Type harness, string name)
    {
        for (var type = harness; type is not null; type = type.BaseType)
        {
            if (type.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the suite is for this kind of harness: its type parameter says which.</summary>
    private static bool Applies(Type suite, Type harness)
        => suite.GetGenericArguments()[0].GetGenericParameterConstraints().All(constraint => constraint.IsAssignableFrom(harness));

    private static bool IsAdopted(Type suite, Type harness) => Types.Any(type =>
        type.BaseType is { IsGenericType: true } parent
        && parent.GetGenericTypeDefinition() == suite
        && type.GetCustomAttributes(typeof(TestFixtureAttribute), inherit: false)
            .Cast<TestFixtureAttribute>()
            .Any(fixture => fixture.Arguments.Contains(harness)));
}
