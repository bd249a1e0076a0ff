using System.Diagnostics;
using System.Globalization;

namespace Nixl.Bench.Posix;

/// <summary>Prepared transfers of an agent, posted again and again: one of many blocks, or of few large blocks one each; polled to their end or awaited.</summary>
internal sealed class NixlContender : IContender
{
    private readonly NixlAgent _agent;
    private readonly MemoryRegistration _registered;
    private readonly MemoryRegistration _file;
    private readonly List<Transfer> _transfers = [];
    private readonly bool _polls;

    internal NixlContender(PosixCase setup, NixlMemory memory, string path, long fileBytes, string name, bool polls, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        Name = name;
        _polls = polls;
        var options = new NixlAgentOptions();
        var depth = setup.Depth.ToString(CultureInfo.InvariantCulture);
        options.Backends.Add("POSIX", [.. parameters, setup.IsDirect ? ("kernel_queue_size", depth) : ("thread_count", depth)]);
        _agent = new NixlAgent("bench", options);
        _registered = _agent.Register(memory);
        _file = _agent.Register(new RegistrationList(MemoryType.File, [(0, 0, 1, $"rw{(setup.IsDirect ? ",direct" : "")}:{path}")]));
        var offsets = setup.Offsets(fileBytes);
        var together = setup.PostsOneByOne ? 1 : setup.Blocks;
        for (var first = 0; first < (setup.PostsOneByOne ? setup.Depth : 1); first++)
        {
            var blocks = Enumerable.Range(first, together).ToArray();
            _transfers.Add(_agent.CreateTransfer(
                setup.IsWrite ? TransferOperation.Write : TransferOperation.Read,
                new DescriptorList(MemoryType.Dram, [.. blocks.Select(i => memory.Describe((long)i * setup.BlockBytes, setup.BlockBytes))]),
                new DescriptorList(MemoryType.File, [.. blocks.Select(i => new MemoryDescriptor((ulong)offsets[i], (ulong)setup.BlockBytes, 1))]),
                _agent.Name,
                new TransferOptions { SkipDescriptorMerge = true }));
        }
    }

    public string Name { get; }

    public async Task<double> MeasureAsync(TimeSpan block, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        if (_polls)
        {
            return Poll(_transfers[0], start, block) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        var bytes = await Task.WhenAll(_transfers.Select(transfer => RepeatAsync(transfer, start, block, cancellation)));
        return bytes.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        _transfers.ForEach(static transfer => transfer.Dispose());
        _file.Dispose();
        _registered.Dispose();
        await _agent.DisposeAsync();
    }

    private static long Poll(Transfer transfer, long start, TimeSpan block)
    {
        var bytes = 0L;
        do
        {
            for (var status = transfer.Post(); status == NixlStatus.InProgress;)
            {
                status = transfer.Check();
            }

            transfer.ThrowIfFailed();
            bytes += transfer.TotalBytes;
        }
        while (Stopwatch.GetElapsedTime(start) < block);
        return bytes;
    }

    private static async Task<long> RepeatAsync(Transfer transfer, long start, TimeSpan block, CancellationToken cancellation)
    {
        var bytes = 0L;
        do
        {
            await transfer.PostAsync(cancellation);
            transfer.ThrowIfFailed();
            bytes += transfer.TotalBytes;
        }
        while (Stopwatch.GetElapsedTime(start) < block);
        return bytes;
    }
}
