using Microsoft.Win32.SafeHandles;

namespace Nixl.Bench.Transfers.FarSides;

/// <summary>Files of this machine. What is compared is read and written by the runtime, past the backend.</summary>
internal sealed class FileStore : IFarSide
{
    private const int ChunkBytes = 1 << 20;

    // What a file holds before the first case: any bytes that no file system would leave out.
    private const ulong FirstKey = 0x6E69786C62656E63;

    private readonly NixlAgent _agent;
    private readonly TransferPlan _plan;
    private readonly BufferLayout _layout;
    private readonly int _devices;
    private readonly List<string> _made = [];
    private readonly List<SafeFileHandle> _handles = [];
    private MemoryRegistration? _registration;

    private FileStore(NixlAgent agent, TransferPlan plan, BufferLayout layout, int devices)
        => (_agent, _plan, _layout, _devices) = (agent, plan, layout, devices);

    /// <inheritdoc/>
    public MemoryType Type => MemoryType.File;

    /// <inheritdoc/>
    public int Variants => 1;

    private FilePlan Files => _plan.Files!;

    private bool IsWrittenTo => _plan.Operation == TransferOperation.Write || _plan.ChecksConsistency;

    private long FileBytes => (_plan.Threads * _devices + Files.Paths.Count - 1) / Files.Paths.Count * _layout.FarPartBytes;

    /// <summary>Makes the files that are not there, with content where the run reads, and registers all.</summary>
    /// <exception cref="BenchmarkException">A file cannot be made, is too short, or would lose its content.</exception>
    internal static FileStore Open(NixlAgent agent, TransferPlan plan, BufferLayout layout, IReadOnlyCollection<DevicePair> pairs)
    {
        var store = new FileStore(agent, plan, layout, pairs.Count);
        try
        {
            foreach (var path in plan.Files!.Paths)
            {
                store.MakeReady(path);
            }

            store.Register();
            return store;
        }
        catch (Exception failure)
        {
            store.Close();
            throw failure is IOException or UnauthorizedAccessException ? new BenchmarkException(failure.Message) : failure;
        }
    }

    /// <inheritdoc/>
    public string AgentOf(DevicePair pair) => _agent.Name;

    /// <inheritdoc/>
    public MemoryDescriptor Describe(BlockRun run, int variant, int index)
        => new((ulong)OffsetOf(run, index), (ulong)run.Block, DeviceIdOf(FileOf(run)));

    /// <inheritdoc/>
    public Task PrepareAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation)
    {
        if (_plan.Operation == TransferOperation.Read && _plan.ChecksConsistency)
        {
            foreach (var run in runs)
            {
                for (var index = 0; index < run.Count; index++)
                {
                    Write(_handles[FileOf(run)], OffsetOf(run, index), run.Block, run.SourceKey, run.SourceOffset(index));
                }
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string?> FindMismatchAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation)
    {
        var chunk = new byte[ChunkBytes];
        foreach (var run in runs)
        {
            for (var index = 0; index < run.Count; index++)
            {
                if (FirstMismatch(run, index, chunk) is >= 0 and var at)
                {
                    return Task.FromResult<string?>(run.Describe(index, at, $"in {Files.Paths[FileOf(run)]}"));
                }
            }
        }

        return Task.FromResult<string?>(null);
    }

    /// <inheritdoc/>
    public Task CorruptAsync(BlockRun run, CancellationToken cancellation)
    {
        var at = OffsetOf(run, 0) + (run.Block / 2);
        var one = new byte[1];
        _ = RandomAccess.Read(_handles[FileOf(run)], one, at);
        one[0] ^= 0x20;
        RandomAccess.Write(_handles[FileOf(run)], one, at);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private static ulong DeviceIdOf(int file) => (ulong)file + 1;

    // As upstream: buffers are dealt to the files in turn, thread by thread.
    private int BufferOf(BlockRun run) => (run.Thread * _devices) + run.Pair.Near.Number;

    private int FileOf(BlockRun run) => BufferOf(run) % Files.Paths.Count;

    private long OffsetOf(BlockRun run, int index) => (BufferOf(run) / Files.Paths.Count * _layout.FarPartBytes) + run.FarInPart(index);

    private void MakeReady(string path)
    {
        var isDevice = path.StartsWith("/dev/", StringComparison.Ordinal);
        var existed = File.Exists(path);
        if (existed && (isDevice || new FileInfo(path).Length > 0))
        {
            if (IsWrittenTo && !Files.MayOverwrite)
            {
                throw new BenchmarkException(
                    $"{path} is there already and the run would overwrite it: name another file, or add --overwrite_files. A file that the run makes itself is removed at its end (--keep_files leaves it).");
            }

            if (!IsWrittenTo && !isDevice && new FileInfo(path).Length < FileBytes)
            {
                throw new BenchmarkException($"{path} has {new FileInfo(path).Length} bytes and the run reads {FileBytes}: name a longer one, or one that is not there yet.");
            }
        }

        if (!existed && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            throw new BenchmarkException($"There is no folder for {path}: create it, or name another with --filepath.");
        }

        var handle = File.OpenHandle(
            path, FileMode.OpenOrCreate, IsWrittenTo || !existed ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _handles.Add(handle);
        if (!existed)
        {
            _made.Add(path);
        }

        if (_plan.Operation == TransferOperation.Read && !isDevice && RandomAccess.GetLength(handle) < FileBytes)
        {
            Write(handle, 0, FileBytes, FirstKey, 0);
            RandomAccess.FlushToDisk(handle);
        }
    }

    private void Register()
    {
        var access = (IsWrittenTo ? "rw" : "ro") + (Files.IsDirect ? ",direct" : "");
        _registration = _agent.Register(new RegistrationList(
            MemoryType.File, [.. Files.Paths.Select((path, file) => (RegistrationDescriptor)(0, 0, DeviceIdOf(file), $"{access}:{path}"))]));
    }

    private void Close()
    {
        _registration?.Dispose();
        _handles.ForEach(static handle => handle.Dispose());
        foreach (var path in _made.Where(_ => !Files.KeepsFiles))
        {
            File.Delete(path);
        }
    }

    private static void Write(SafeFileHandle file, long offset, long length, ulong key, long from)
    {
        var chunk = new byte[Math.Min(length, ChunkBytes)];
        for (var done = 0L; done < length; done += ChunkBytes)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(length - done, ChunkBytes));
            Pattern.Fill(part, key, from + done);
            RandomAccess.Write(file, part, offset + done);
        }
    }

    private long FirstMismatch(BlockRun run, int index, byte[] chunk)
    {
        for (var done = 0L; done < run.Block; done += ChunkBytes)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(run.Block - done, ChunkBytes));
            part[RandomAccess.Read(_handles[FileOf(run)], part, OffsetOf(run, index) + done)..].Clear();
            if (Pattern.FirstMismatch(part, run.SourceKey, run.SourceOffset(index) + done) is >= 0 and var at)
            {
                return done + at;
            }
        }

        return -1;
    }
}
