using System.Text.Json.Serialization;

namespace Nixl.Bench.Transfers;

/// <summary>Everything that decides what a run does. Every rank of a run has the same one; it travels as JSON to the ranks that this process starts.</summary>
/// <remarks>Plans come from command lines and configuration files or from other commands, which call
/// <see cref="PlanChecks.ThrowIfImpossible"/> or leave that to <see cref="TransferRun"/>.</remarks>
internal sealed record TransferPlan
{
    /// <summary>Blocks above this many bytes take <see cref="LargeBlockFactor"/> times fewer iterations: upstream's bound.</summary>
    internal const long LargeBlock = 1 << 20;

    /// <summary>What the run is called in its output: the command.</summary>
    public string Title { get; init; } = "run";

    /// <summary>The backend that moves the bytes, under the name that the agent knows it by.</summary>
    public required string Backend { get; init; }

    /// <summary>Parameters to create it with. They may hold credentials: never print them.</summary>
    public IReadOnlyDictionary<string, string> BackendParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The only devices that backends may use; empty for all.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>What is on the far side.</summary>
    public StoreKind Store { get; init; }

    /// <summary>The direction, as the initiators see it.</summary>
    public TransferOperation Operation { get; init; } = TransferOperation.Write;

    /// <summary>Who works with whom.</summary>
    public Scheme Scheme { get; init; }

    /// <summary>How devices are spread over processes.</summary>
    public DeviceMode Mode { get; init; }

    /// <summary>Whether the targets have the first ranks: where the target is the one that listens.</summary>
    public bool TargetsFirst { get; init; }

    /// <summary>Whether this process takes sizes, counts and the like from the plan of the rank that reports: a target that was told its address only.</summary>
    public bool Follows { get; init; }

    /// <summary>How many devices (buffers) the initiators have together.</summary>
    public int InitiatorDevices { get; init; } = 1;

    /// <summary>How many devices the targets have together; with files and objects as many as the initiator.</summary>
    public int TargetDevices { get; init; } = 1;

    /// <summary>Bytes of a block, one case per size and batch.</summary>
    public required IReadOnlyList<long> BlockSizes { get; init; }

    /// <summary>How many blocks one transfer moves per pair of devices.</summary>
    public IReadOnlyList<int> BatchSizes { get; init; } = [1];

    /// <summary>Bytes of each process's buffers together; null for what the largest case needs.</summary>
    public long? BufferBytes { get; init; }

    /// <summary>Transfers per case and initiator, over all its threads.</summary>
    public int Iterations { get; init; } = 1000;

    /// <summary>Transfers before those that are measured.</summary>
    public int WarmUp { get; init; } = 100;

    /// <summary>By how much blocks above <see cref="LargeBlock"/> divide both.</summary>
    public int LargeBlockFactor { get; init; } = 16;

    /// <summary>Threads of an initiator, with transfers and parts of the buffers of their own.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Transfers of a thread in flight at once.</summary>
    public int PipelineDepth { get; init; } = 1;

    /// <summary>Whether each iteration makes its transfer anew.</summary>
    public bool RecreatesTransfers { get; init; }

    /// <summary>Whether each iteration also registers its memory anew.</summary>
    public bool ReregistersMemory { get; init; }

    /// <summary>Whether transfers are made of prepared lists.</summary>
    public bool UsesPreparedLists { get; init; }

    /// <summary>Whether every byte is compared, by both ends.</summary>
    public bool ChecksConsistency { get; init; }

    /// <summary>Whether a byte is changed after each case and before it is compared, so that the comparison must fail.</summary>
    public bool CorruptsOneByte { get; init; }

    /// <summary>Whether the first case waits until the just-in-time compiler is done.</summary>
    public bool WarmsUpCompiler { get; init; } = true;

    /// <summary>Whether the agents have a thread that progresses; without, the threads that measure and the target's own poll.</summary>
    public bool UsesProgressThread { get; init; }

    /// <summary>Whether each transfer tells the target that it is done, as upstream's do.</summary>
    public bool Notifies { get; init; } = true;

    /// <summary>Whether buffers are asked for in pages of 2 MiB.</summary>
    public bool UsesHugePages { get; init; }

    /// <summary>Where blocks lie in the buffers.</summary>
    public LocationMode Locations { get; init; }

    /// <summary>Decides the random places.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>With <see cref="StoreKind.Files"/>.</summary>
    public FilePlan? Files { get; init; }

    /// <summary>With <see cref="StoreKind.Objects"/>.</summary>
    public ObjectPlan? Objects { get; init; }

    /// <summary>The processors of the ranks, in turn; empty for the scheduler's choice.</summary>
    public IReadOnlyList<int> Processors { get; init; } = [];

    /// <summary>The deadline of a transfer and of everything that ranks wait for.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The sizes of all cases, in the order in which they run.</summary>
    [JsonIgnore]
    internal IEnumerable<(long Block, int Batch)> Cases => BlockSizes.SelectMany(block => BatchSizes.Select(batch => (block, batch)));

    /// <summary>Bytes of the largest transfer between one pair of devices.</summary>
    [JsonIgnore]
    internal long LargestTransfer => checked(BlockSizes.Max() * BatchSizes.Max());

    /// <summary>The plan of <paramref name="leader"/>, with what is this process's own matter.</summary>
    internal TransferPlan Following(TransferPlan leader) => leader with
    {
        Title = Title,
        BackendParameters = BackendParameters,
        Devices = Devices,
        Processors = Processors,
        UsesProgressThread = UsesProgressThread,
        UsesHugePages = UsesHugePages,
        TargetsFirst = TargetsFirst,
        Follows = Follows,
    };

    /// <summary>What <paramref name="iterations"/> become for a size, for one thread.</summary>
    internal int IterationsPerThread(int iterations, long block) => iterations / Threads / (block > LargeBlock ? LargeBlockFactor : 1);
}
