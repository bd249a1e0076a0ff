using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Proves the suites: each scripted defect of the in-memory engine must turn a test of them red.</summary>
[Category("Defects")]
public sealed class DefectTests
{
    private static readonly Dictionary<EngineDefect, Func<EngineDefect, Task>> Detectors = new()
    {
        [EngineDefect.DropsLastSegment] = InTransfers(static suite => suite.ManyDescriptors_OfMixedLengthsAndOrder_EachGoToTheirPlace(TransferOperation.Write)),
        [EngineDefect.IgnoresOffset] = InTransfers(static suite => suite.Write_OfEachLength_MovesExactlyTheseBytes(100_001)),
        [EngineDefect.SwapsSegments] = InTransfers(static suite => suite.ManyDescriptors_OfMixedLengthsAndOrder_EachGoToTheirPlace(TransferOperation.Read)),
        [EngineDefect.OneByteShort] = InTransfers(static suite => suite.Write_OfEachLength_MovesExactlyTheseBytes(4096)),
        [EngineDefect.OneByteLong] = InTransfers(static suite => suite.Write_OfEachLength_MovesExactlyTheseBytes(4096)),
        [EngineDefect.WrongDirection] = InTransfers(static suite => suite.Read_OfEachLength_MovesExactlyTheseBytes(4096)),
        [EngineDefect.CompletesBeforeData] = InTransfers(static suite => suite.Repost_MovesTheBytesOfThatMoment()),
        [EngineDefect.CompletesTwice] = InTransfers(static suite => suite.Repost_MovesTheBytesOfThatMoment()),
        [EngineDefect.WrongPostNumber] = InTransfers(static suite => suite.Repost_MovesTheBytesOfThatMoment()),
        [EngineDefect.NotifiesBeforeData] = InNotifications(static suite => suite.MessageOfATransfer_NeverArrivesBeforeItsData()),
        [EngineDefect.RepeatsFirstMessage] = InNotifications(static suite => suite.Post_WithANewMessage_DeliversThatOne_AndKeepsIt()),
        [EngineDefect.DropsEmptyMessages] = InNotifications(static suite => suite.Post_WithANewMessage_DeliversThatOne_AndKeepsIt()),
        [EngineDefect.ReversesMessages] = InNotifications(static suite => suite.Messages_ArriveInTheOrderOfSending()),
        [EngineDefect.CutsLongMessages] = InNotifications(static suite => suite.Message_OfEachLength_ArrivesUnchanged(300_000)),
        [EngineDefect.HonoursStaleKeys] = InFailures(static suite => suite.TargetThatDeregistered_IsNotWrittenTo()),
        [EngineDefect.AcceptsDamagedBytes] = InFailures(static suite => suite.DamagedConnectionInfo_IsRefused_AndTheAgentGoesOn(isKey: true)),
        [EngineDefect.BlamesNextSegment] = InTransferEnds(static suite => suite.FailureAtASegment_NamesTheCallersDescriptor()),
        [EngineDefect.HidesFailures] = InTransferEnds(static suite => suite.FailureAtASegment_NamesTheCallersDescriptor()),
        [EngineDefect.WritesAfterCancel] = InTransferEnds(static suite => suite.AfterACanceledEnd_NoByteChanges()),
        [EngineDefect.AllocatesPerPost] = InAllocations(static suite => suite.PostAndCheck_AllocateNothing()),
    };

    private static IEnumerable<EngineDefect> Defects => Enum.GetValues<EngineDefect>().Where(static defect => defect != EngineDefect.None);

    [Test]
    public async Task Defect_TurnsATestRed([ValueSource(nameof(Defects))] EngineDefect defect)
    {
        Detectors.Should().ContainKey(defect);
        var run = () => Detectors[defect](defect);

        await run.Should().ThrowAsync<AssertionException>("a suite must notice that the engine {0}", defect);
    }

    [Test]
    [TestCaseSource(nameof(Defects))]
    public Task WithoutTheDefect_TheSameTestIsGreen(EngineDefect defect) => Detectors[defect](EngineDefect.None);

    private static Func<EngineDefect, Task> InTransfers(Action<InMemoryRemoteTransfer<InMemoryHarness>> test) => In(test);

    private static Func<EngineDefect, Task> InNotifications(Action<InMemoryNotification<InMemoryHarness>> test) => In(test, static suite => suite.RequireNotifications());

    private static Func<EngineDefect, Task> InFailures(Action<InMemoryFailure<InMemoryHarness>> test) => In(test, static suite => suite.Introduce());

    private static Func<EngineDefect, Task> InTransferEnds(Action<InMemoryEnds> test) => In(test);

    private static Func<EngineDefect, Task> InAllocations(Action<InMemoryAllocation<InMemoryHarness>> test) => In(test, static suite => suite.Introduce());

    private static Func<EngineDefect, Task> In<TSuite>(Action<TSuite> test, Action<TSuite>? prepare = null)
        where TSuite : BackendConformance<InMemoryHarness>, new() => defect =>
    {
        var suite = new TSuite { Harness = new InMemoryHarness { Defect = defect } };
        suite.OpenWorld();
        try
        {
            prepare?.Invoke(suite);
            test(suite);
        }
        finally
        {
            suite.CloseWorld();
        }

        return Task.CompletedTask;
    };
}
