using Nixl.Diagnostics;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Diagnostics;

/// <summary>An agent with the options under test, beside a target that it knows.</summary>
internal sealed class TelemetryWorld : IDisposable
{
    private static int _lastNumber;

    private readonly World _world = new(new InMemoryHarness());

    internal TelemetryWorld(NixlAgentOptions? options = null, EnvironmentSettings? environment = null)
    {
        options ??= new NixlAgentOptions { Telemetry = true, DrainTimeout = TimeSpan.FromMilliseconds(30) };
        if (options.Backends.Count == 0)
        {
            new InMemoryHarness().AddTo(options.Backends);
        }

        Agent = new NixlAgent($"observed-{Interlocked.Increment(ref _lastNumber)}", options, environment ?? new EnvironmentSettings(new Dictionary<string, string>()));
        Source = _world.AddBuffer(Agent, 4096);
        Destination = _world.AddBuffer(Target, 4096, seed: 2);
        World.Introduce(Agent, Target);
        World.Introduce(Target, Agent);
        Metrics = new MetricsRecorder(Agent.Name);
    }

    internal NixlAgent Agent { get; }

    internal NixlAgent Target => _world.Target;

    internal GuardedBuffer Source { get; }

    internal GuardedBuffer Destination { get; }

    internal MetricsRecorder Metrics { get; }

    internal Transfer Create(string wishes = "mode=Late", TransferOperation operation = TransferOperation.Write) => Agent.CreateTransfer(
        operation,
        new DescriptorList(MemoryType.Dram, [Source.Descriptor]),
        new DescriptorList(MemoryType.Dram, [Destination.Descriptor]),
        Target.Name,
        new TransferOptions { CustomParam = wishes });

    internal static NixlStatus Run(Transfer transfer)
    {
        var status = transfer.Post();
        return SpinWait.SpinUntil(() => (status = transfer.Check()) != NixlStatus.InProgress, TimeSpan.FromSeconds(10)) ? status : NixlStatus.InProgress;
    }

    public void Dispose()
    {
        Metrics.Dispose();
        Agent.Dispose();
        _world.Dispose();
    }
}
