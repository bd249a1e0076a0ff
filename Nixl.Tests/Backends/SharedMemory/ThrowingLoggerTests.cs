using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Backends.SharedMemory;
using Nixl.Backends.SharedMemory.Connections;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>What one peer brings about in the service thread, here an exception of the application's logger, ends that peer's connection and nothing else.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class ThrowingLoggerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Test]
    public void Exception_OnOnePeersPath_LeavesTheOthersServed()
    {
        using var logger = new ThrowingLogger();
        var options = new NixlAgentOptions { LoggerFactory = logger };
        options.Backends.Add<SharedMemoryEngine>();
        using var agent = new NixlAgent("throwing-target", options);
        var metadata = agent.GetLocalMetadata();
        using (var stranger = ControlSocket.Connect(SocketPaths.Of(metadata), out _)!)
        {
            stranger.TrySend(new ControlMessage(ControlKind.Hello) { Proof = new byte[ConnectionInfo.ProofBytes], Text = "stranger" }, out _).Should().BeTrue();
            HostilePeerTests.Next(stranger)!.Dispose(); // the refusal
            HostilePeerTests.Next(stranger).Should().BeNull("the connection is closed");
        }

        logger.Thrown.Should().BePositive();
        using var honest = HostilePeerTests.Open("throwing-honest");
        honest.LoadRemoteMetadata(metadata);
        honest.Connect(agent.Name);
        honest.SendNotification(agent.Name, "still there"u8);
        SpinWait.SpinUntil(() => agent.TryGetNotification(out var notification) && notification.Text == "still there", Limit).Should().BeTrue();
    }

    /// <summary>Fails at the messages about refused and failed peers.</summary>
    private sealed class ThrowingLogger : ILoggerFactory, ILogger
    {
        private int _thrown;

        internal int Thrown => Volatile.Read(ref _thrown);

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is 2501 or 2510)
            {
                Interlocked.Increment(ref _thrown);
                throw new InvalidOperationException("The logger failed.");
            }
        }

        public void Dispose()
        {
        }
    }
}
