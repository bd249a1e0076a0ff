using Nixl.Bench.Registry;

namespace Nixl.Bench.ControlPath;

/// <summary>Planning over an engine that does nothing, within one agent.</summary>
internal abstract class PlanningWork : AgentWork
{
    private PlanningWork(Layout layout)
    {
        var options = new NixlAgentOptions { UsePluginEnvironment = false, Progress = ProgressMode.Manual };
        options.Backends.Add<NullEngine>();
        Agent = new NixlAgent("control", options);
        Agent.Register(layout.Regions());
    }

    private NixlAgent Agent { get; }

    internal static PlanningWork Open(ControlCase one) => one.Kind switch
    {
        WorkKind.Create => new Creating(new Layout(one)),
        WorkKind.Prepare => new Preparing(new Layout(one)),
        _ => new Making(new Layout(one)),
    };

    public override void Dispose() => Agent.Dispose();

    private static WorkProof ProofOf(Transfer transfer)
    {
        using (transfer)
        {
            return WorkProof.Of(NullEngine.LastPrepared!.Segments.Span);
        }
    }

    private sealed class Creating(Layout layout) : PlanningWork(layout)
    {
        private readonly DescriptorList _local = layout.Local(layout.Order(1));
        private readonly DescriptorList _remote = layout.Remote(layout.Order(2));

        internal override WorkProof? Prove() => ProofOf(Create());

        protected override void Run() => Create().Dispose();

        private Transfer Create() => Agent.CreateTransfer(TransferOperation.Write, _local, _remote, Agent.Name);
    }

    private sealed class Preparing(Layout layout) : PlanningWork(layout)
    {
        private readonly DescriptorList _list = layout.Local(layout.Order(1));

        internal override WorkProof? Prove()
        {
            using var side = Prepare();
            return new WorkProof((ulong)side.Count, _list.TotalBytes, 0);
        }

        protected override void Run() => Prepare().Dispose();

        private PreparedDescriptors Prepare() => Agent.PrepareDescriptors(NixlAgent.LocalSide, _list);
    }

    private sealed class Making : PlanningWork
    {
        private readonly int[] _localIndices;
        private readonly int[] _remoteIndices;
        private readonly PreparedDescriptors _local;
        private readonly PreparedDescriptors _remote;

        internal Making(Layout layout) : base(layout)
        {
            _localIndices = layout.Order(1);
            _remoteIndices = layout.Order(2);
            int[] all = [.. Enumerable.Range(0, _localIndices.Length)];
            _local = Agent.PrepareDescriptors(NixlAgent.LocalSide, layout.Local(all));
            _remote = Agent.PrepareDescriptors(Agent.Name, layout.Remote(all));
        }

        internal override WorkProof? Prove() => ProofOf(Make());

        protected override void Run() => Make().Dispose();

        private Transfer Make() => Agent.MakeTransfer(TransferOperation.Write, _local, _localIndices, _remote, _remoteIndices);
    }
}
