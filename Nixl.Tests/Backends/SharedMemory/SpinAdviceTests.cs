using System.Buffers;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Backends;
using Nixl.Backends.SharedMemory;
using Nixl.Bench.Measurement;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>Two engines without agents: who waits for a sender that has the same processor is told not to spin for it.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class SpinAdviceTests : INotificationSink
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly List<string> _received = [];
    private SharedMemoryEngine _sender = null!;
    private SharedMemoryEngine _receiver = null!;

    void INotificationSink.Deliver(Notification notification)
    {
        using (notification)
        {
            _received.Add(notification.Text);
        }
    }

    [SetUp]
    public void Connect()
    {
        _received.Clear();
        (_sender, _receiver) = (Open("advice-sender"), Open("advice-receiver"));
        var info = new ArrayBufferWriter<byte>();
        _receiver.GetConnInfo(info, out _).Should().Be(NixlStatus.Success);
        _sender.LoadRemoteConnInfo("advice-receiver", info.WrittenSpan, out var fault).Should().Be(NixlStatus.Success, "{0}", fault.Detail);
        _sender.Connect("advice-receiver", Limit, out fault).Should().Be(NixlStatus.Success, "{0}", fault.Detail);
    }

    [TearDown]
    public void Close()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Test]
    public void WhoWaitsForASenderOnItsOwnProcessor_DoesNotSpin_AndOthersMay()
    {
        var processors = Placement.Allowed();
        _receiver.IsSpinFutile.Should().BeFalse("nobody has sent anything");

        foreach (var processor in processors.Take(2))
        {
            On(processor, () => _sender.GenNotif("advice-receiver", "here I am"u8, out _).Should().Be(NixlStatus.Success));
            SpinWait.SpinUntil(Receive, Limit).Should().BeTrue("the message comes");

            foreach (var waiting in processors.Take(2))
            {
                var isFutile = false;
                On(waiting, () => isFutile = _receiver.IsSpinFutile);
                isFutile.Should().Be(waiting == processor);
            }
        }
    }

    private static SharedMemoryEngine Open(string name)
    {
        var engine = new SharedMemoryEngine();
        var context = new BackendContext { AgentName = name, Parameters = new BackendParameters([]), Logger = NullLogger.Instance, UsesEvents = true };
        engine.Initialize(context, out var fault).Should().Be(NixlStatus.Success, "{0}", fault.Detail);
        return engine;
    }

    /// <summary>Does something on one processor.</summary>
    private static void On(int processor, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Placement.BindThread(processor);
                action();
            }
            catch (Exception caught)
            {
                failure = caught;
            }
        });
        thread.Start();
        thread.Join();
        failure.Should().BeNull();
    }

    private bool Receive()
    {
        var before = _received.Count;
        _receiver.Progress();
        _receiver.GetNotifs(this);
        return _received.Count > before;
    }
}
