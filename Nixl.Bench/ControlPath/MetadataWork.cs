using Nixl.Bench.Comparison;

namespace Nixl.Bench.ControlPath;

/// <summary>The metadata of an agent with many regions: writing it, and loading it into another agent until a transfer over all of it stands.</summary>
internal abstract class MetadataWork : AgentWork
{
    private readonly NixlAgent _owner;
    private readonly Arena _arena;

    private MetadataWork(UcxParameters parameters, int count)
    {
        _arena = new Arena(count);
        _owner = new NixlAgent("control-owner", new NixlAgentOptions { Backends = { parameters.Selection } });
        _owner.Register(_arena.ToList());
    }

    internal static MetadataWork Open(ControlCase one, UcxParameters parameters)
        => one.Kind == WorkKind.Export ? new Exporting(parameters, one.Count) : new Loading(parameters, one.Count);

    internal override WorkProof? Prove() => null; // formats differ in what they add, and so do their bytes

    public override void Dispose()
    {
        _owner.Dispose();
        _arena.Dispose();
    }

    private sealed class Exporting(UcxParameters parameters, int count) : MetadataWork(parameters, count)
    {
        protected override void Run() => _owner.GetLocalMetadata();
    }

    private sealed class Loading : MetadataWork
    {
        private readonly NixlAgent _peer;
        private readonly Arena _own;
        private readonly byte[] _blob;
        private readonly DescriptorList _remote;
        private readonly PreparedDescriptors _localSide;
        private readonly int[] _all;
        private PreparedDescriptors? _remoteSide;
        private Transfer? _transfer;

        internal Loading(UcxParameters parameters, int count) : base(parameters, count)
        {
            _own = new Arena(count);
            _peer = new NixlAgent("control-peer", new NixlAgentOptions { Backends = { parameters.Selection } });
            _peer.Register(new DescriptorList(MemoryType.Dram, [_own.Whole]));
            _localSide = _peer.PrepareDescriptors(NixlAgent.LocalSide, _own.ToList());
            _blob = _owner.GetLocalMetadata();
            _remote = _arena.ToList();
            _all = [.. Enumerable.Range(0, count)];
        }

        protected override void Run()
        {
            _peer.LoadRemoteMetadata(_blob);
            _remoteSide = _peer.PrepareDescriptors(_owner.Name, _remote);
            _transfer = _peer.MakeTransfer(TransferOperation.Write, _localSide, _all, _remoteSide, _all);
        }

        protected override void TearDown()
        {
            _transfer!.Dispose();
            _remoteSide!.Dispose();
            _peer.InvalidateRemote(_owner.Name);
        }

        public override void Dispose()
        {
            _peer.Dispose();
            _own.Dispose();
            base.Dispose();
        }
    }
}
