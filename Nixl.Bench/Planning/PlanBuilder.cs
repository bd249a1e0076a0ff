using System.Globalization;
using Nixl.Bench.Measurement;
using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Planning;

/// <summary>Makes of options what is to be done.</summary>
internal sealed class PlanBuilder
{
    private const long HugePage = 2 << 20;

    private readonly OptionValues _values;
    private readonly List<string> _warnings = [];

    private PlanBuilder(OptionValues values) => _values = values;

    /// <summary>For the backends that are installed here.</summary>
    /// <exception cref="BenchmarkException">Something cannot be: says what, why and what can.</exception>
    internal static RunRequest Build(OptionValues values, string title) => Build(values, title, BackendCatalog.Installed());

    /// <summary>Checks the options and makes a request of them.</summary>
    /// <param name="values">The options.</param>
    /// <param name="title">The command.</param>
    /// <param name="installed">The backends that there are.</param>
    /// <param name="notes">What to tell the user besides.</param>
    /// <exception cref="BenchmarkException">Something cannot be: says what, why and what can.</exception>
    internal static RunRequest Build(OptionValues values, string title, IReadOnlySet<string> installed, params IReadOnlyList<string> notes)
    {
        var backend = BackendCatalog.Find(values.Text("backend"), installed);
        Refusals.ThrowIfAsked(values);
        var builder = new PlanBuilder(values);
        var meeting = MeetingPlanner.Plan(values, backend.Store);
        var plan = builder.BuildPlan(backend, title, meeting);
        PlanChecks.ThrowIfImpossible(plan);
        return new RunRequest(plan, meeting, OutputsOf(values), [.. values.Given], [.. notes, .. builder._warnings]);
    }

    internal static Outputs OutputsOf(OptionValues values) => new(FileOf(values, "json"), FileOf(values, "csv"), FileOf(values, "html"));

    private static FileInfo? FileOf(OptionValues values, string option) => values.Text(option) is { Length: > 0 } path ? new FileInfo(path) : null;

    private TransferPlan BuildPlan(BackendEntry backend, string title, Meeting meeting)
    {
        var isStorage = backend.Store != StoreKind.Peer;
        var reregisters = _values.Flag("reregister_mem");
        return new TransferPlan
        {
            Title = title,
            Backend = backend.Name,
            BackendParameters = Parameters(backend),
            Devices = Devices(isStorage),
            Store = backend.Store,
            Operation = _values.Text("op_type") == "READ" ? TransferOperation.Read : TransferOperation.Write,
            Scheme = isStorage ? Scheme.Pairwise : SchemeOf(_values.Text("scheme")),
            Mode = _values.Text("mode") == "MG" ? DeviceMode.AllInOne : DeviceMode.OnePerProcess,
            TargetsFirst = MeetingPlanner.HasTargetsFirst(_values),
            Follows = meeting.Kind == MeetingKind.Address && _values.Text("mode") == "target",
            InitiatorDevices = _values.Number("num_initiator_dev"),
            TargetDevices = _values.Number("num_target_dev"),
            BlockSizes = BlockSizes(),
            BatchSizes = [.. Doubling(_values.Number("start_batch_size"), _values.Number("max_batch_size"), "batch_size").Select(static size => (int)size)],
            BufferBytes = BufferBytes(),
            Iterations = Divisible("num_iter"),
            WarmUp = Divisible("warmup_iter"),
            LargeBlockFactor = _values.Number("large_blk_iter_ftr"),
            Threads = _values.Number("num_threads"),
            PipelineDepth = _values.Number("pipeline_depth"),
            RecreatesTransfers = _values.Flag("recreate_xfer") || reregisters,
            ReregistersMemory = reregisters,
            UsesPreparedLists = _values.Flag("prepared_xfer"),
            ChecksConsistency = _values.Flag("check_consistency"),
            CorruptsOneByte = _values.Flag("corrupt_one_byte"),
            WarmsUpCompiler = _values.Flag("warmup_jit"),
            UsesProgressThread = _values.Flag("enable_pt"),
            Notifies = !isStorage && _values.Flag("notify"),
            UsesHugePages = _values.Flag("use_hugepages"),
            Locations = LocationsOf(_values.Text("randomize_location_mode")),
            Seed = _values.Number("randomize_location_seed"),
            Files = backend.Store == StoreKind.Files ? FilesOf(backend.Name) : null,
            Objects = backend.Store == StoreKind.Objects ? new ObjectPlan("nixlbench/", _values.Number("num_objects"), _values.Flag("local_store")) : null,
            Processors = Processors(meeting),
            Deadline = TimeSpan.FromSeconds(_values.Number("barrier_timeout")),
        };
    }

    private IReadOnlyList<string> Devices(bool isStorage)
    {
        var devices = _values.Text("device_list") == "all" ? [] : _values.Texts("device_list");
        if (devices.Count > 1 && !isStorage && _values.Text("mode") != "MG"
            && (devices.Count != _values.Number("num_initiator_dev") || devices.Count != _values.Number("num_target_dev")))
        {
            throw new BenchmarkException(
                $"device_list has {devices.Count} devices: name one for all processes, or as many as num_initiator_dev and num_target_dev are, which must be the same.");
        }

        return devices;
    }

    private static Scheme SchemeOf(string text) => text switch
    {
        "manytoone" => Scheme.ManyToOne,
        "onetomany" => Scheme.OneToMany,
        "tp" => Scheme.TensorParallel,
        _ => Scheme.Pairwise,
    };

    private static LocationMode LocationsOf(string text) => text switch
    {
        "blockaligned" => LocationMode.BlockAligned,
        "bytealigned" => LocationMode.ByteAligned,
        _ => LocationMode.None,
    };

    private Dictionary<string, string> Parameters(BackendEntry backend)
    {
        var parameters = backend.Parameters(_values).ToDictionary(static pair => pair.Name, static pair => pair.Value);
        foreach (var text in _values.Texts("backend_parameter", '\n'))
        {
            var equals = text.IndexOf('=');
            parameters[equals > 0 ? text[..equals] : throw new BenchmarkException($"--backend_parameter cannot be '{text}': it takes NAME=VALUE.")] = text[(equals + 1)..];
        }

        return parameters;
    }

    private IReadOnlyList<long> BlockSizes() => _values.Sizes("buffer_sizes") is { Count: > 0 } sizes ? sizes
        : Doubling(_values.Size("start_block_size"), _values.Size("max_block_size"), "block_size");

    private static List<long> Doubling(long first, long last, string name)
    {
        if (first > last)
        {
            throw new BenchmarkException($"start_{name} ({first}) is greater than max_{name} ({last}).");
        }

        var sizes = new List<long>();
        for (var size = first; size <= last; size *= 2)
        {
            sizes.Add(size);
        }

        return sizes;
    }

    private long? BufferBytes()
    {
        if (!_values.IsGiven("total_buffer_size"))
        {
            return null;
        }

        var bytes = _values.Size("total_buffer_size");
        if (_values.Flag("use_hugepages") && bytes % HugePage != 0)
        {
            bytes = (bytes + HugePage - 1) / HugePage * HugePage;
            _warnings.Add($"total_buffer_size is raised to {bytes}, the next multiple of a huge page.");
        }

        foreach (var devices in new[] { "num_initiator_dev", "num_target_dev" })
        {
            var partition = _values.Number(devices) * _values.Number("num_threads");
            if (bytes % partition != 0)
            {
                throw new BenchmarkException(
                    $"total_buffer_size must be divisible by num_threads x {devices} ({partition}); the next such value is {bytes + partition - (bytes % partition)}.");
            }
        }

        return bytes;
    }

    private int Divisible(string option)
    {
        var partition = (long)_values.Number("num_threads") * _values.Number("large_blk_iter_ftr");
        var given = _values.Number(option);
        var raised = (given + partition - 1) / partition * partition;
        if (raised > int.MaxValue)
        {
            throw new BenchmarkException($"{option} is too large: it becomes {raised}, the next multiple of num_threads x large_blk_iter_ftr.");
        }

        if (raised != given && _values.IsGiven(option))
        {
            _warnings.Add($"{option} is raised to {raised}, the next multiple of num_threads x large_blk_iter_ftr.");
        }

        return (int)raised;
    }

    private FilePlan FilesOf(string backend)
    {
        var count = _values.Number("num_files");
        var buffers = _values.Number("num_threads") * _values.Number("num_initiator_dev");
        if (count > buffers || buffers % count != 0)
        {
            throw new BenchmarkException($"num_files ({count}) must divide the number of buffers, num_threads x num_initiator_dev ({buffers}).");
        }

        var names = _values.Texts("filenames");
        if (names.Count > 0 && names.Count != count)
        {
            throw new BenchmarkException($"filenames has {names.Count} names and num_files is {count}.");
        }

        return new FilePlan(
            names.Count > 0 ? names : Names(_values.Text("filepath"), backend, count),
            _values.Flag("storage_enable_direct"), _values.Flag("overwrite_files"), _values.Flag("keep_files"));
    }

    private static IReadOnlyList<string> Names(string path, string backend, int count)
    {
        if (path.Length > 0 && !Directory.Exists(path))
        {
            return count == 1 ? [path] : throw new BenchmarkException($"{path} is no folder: {count} files need one, or --filenames.");
        }

        var folder = path.Length > 0 ? path : Environment.CurrentDirectory;
        var name = $"nixlbench_{backend.ToLowerInvariant()}_test_file_initiator_"; // as upstream's
        return [.. Enumerable.Range(0, count).Select(i => Path.Combine(folder, name + i.ToString(CultureInfo.InvariantCulture)))];
    }

    private List<int> Processors(Meeting meeting)
    {
        var text = _values.Text("processors");
        var allowed = Placement.Allowed();
        if (text == "off" || (text == "auto" && (meeting.Kind != MeetingKind.LocalPair || allowed.Count < 2 || _values.Number("num_threads") > 1)))
        {
            return [];
        }

        if (text == "auto")
        {
            return _values.Number("num_initiator_dev") + _values.Number("num_target_dev") == 2 || _values.Text("mode") == "MG" ? allowed.GetRange(0, 2) : [];
        }

        var chosen = _values.Texts("processors").Select(static word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToList();
        return chosen.All(allowed.Contains) ? chosen
            : throw new BenchmarkException($"--processors cannot be '{text}': it takes auto, off, or some of {string.Join(' ', allowed)} separated by commas.");
    }
}
