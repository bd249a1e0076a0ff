using Nixl.Bench.Comparison;

namespace Nixl.Bench.ControlPath;

/// <summary>The metadata of an agent with many regions: writing it, and loading it into another agent until a transfer over all of it stands.</summary>
internal abstract class MetadataWork : AgentWork
{
    private readonly UcxParameters _parameters;
    private readonly Arena _arena;
    private NixlAgent _owner;

    private MetadataWork(UcxParameters parameters, int count)
    {
        _parameters = parameters;
        _arena = new Arena(count);
        _owner = OpenOwner();
    }

    internal static MetadataWork Open(ControlCase one, UcxParameters parameters)
        => one.Kind == WorkKind.Export ? new Exporting(parameters, one.Count) : new Loading(parameters, one.Count);

    internal override WorkProof? Prove() => null; // formats differ in what they add, and so do their bytes

    public override void Dispose()
    {
        _owner.Dispose();
        _arena.Dispose();
    }

    private NixlAgent OpenOwner()
    {
        var owner = Open("control-owner");
        owner.Register(_arena.ToList());
        return owner;
    }

    private NixlAgent Open(string name) => new(name, new NixlAgentOptions { Backends = { _parameters.Selection } });

    private sealed class Exporting(UcxParameters parameters, int count) : MetadataWork(parameters, count)
    {
        // Without a change the agent would hand out a copy of what it wrote before, which the other side does not do.
        protected override void SetUp() => _owner.Register((nint)_arena[0].Address, 1).Dispose();

        protected override void Run() => _owner.GetLocalMetadata();
    }

    private sealed class Loading : MetadataWork
    {
        // libucp 1.13 keeps the descriptors of a peer that was dropped until its worker ends: agents are replaced before they have too many.
        private const int LoadsMax = 256;

        private readonly Arena _own;
        private readonly DescriptorList _remote;
        private readonly int[] _all;
        private NixlAgent _peer = null!;
        private byte[] _blob = null!;
        private PreparedDescriptors _localSide = null!;
        private int _loads;
        private PreparedDescriptors? _remoteSide;
        private Transfer? _transfer;

        internal Loading(UcxParameters parameters, int count) : base(parameters, count)
        {
            _own = new Arena(count);
            _remote = _arena.ToList();
            _all = [.. Enumerable.Range(0, count)];
            OpenPeer();
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
            if (++_loads % LoadsMax == 0)
            {
                _peer.Dispose();
                _owner.Dispose();
                _owner = OpenOwner();
                OpenPeer();
            }
        }

        private void OpenPeer()
        {
            _peer = Open("control-peer");
            _peer.Register(new DescriptorList(MemoryType.Dram, [_own.Whole]));
            _localSide = _peer.PrepareDescriptors(NixlAgent.LocalSide, _own.ToList());
            _blob = _owner.GetLocalMetadata();
        }

        public override void Dispose()
        {
            _peer.Dispose();
            _own.Dispose();
            base.Dispose();
        }
    }
}
