using System.Text.Json;

namespace Nixl.Tests.Discovery.Hosts;

/// <summary>Reads peers' memory again and again, checks every byte, and counts.</summary>
internal sealed class RepeatedRead : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly NixlAgent _agent;
    private readonly NixlMemory _memory;
    private readonly int _length;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _readers = [];
    private readonly SemaphoreSlim _turn = new(1, 1); // all read into the same bytes
    private long _good;
    private long _failed;
    private string _firstFailure = "";

    /// <summary>The first half of the memory is what peers read; the second is read into.</summary>
    internal RepeatedRead(NixlAgent agent, NixlMemory memory, int length)
    {
        (_agent, _memory, _length) = (agent, memory, length);
        Fill(memory.GetSpan(0, length));
    }

    internal void Begin(string peer, ulong address) => _readers.Add(Task.Run(() => RunAsync(peer, address)));

    /// <summary>Ends when the reads that run have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_readers);
        _end.Dispose();
        _turn.Dispose();
    }

    internal string Status() => JsonSerializer.Serialize(new
    {
        Good = Interlocked.Read(ref _good),
        Failed = Interlocked.Read(ref _failed),
        FirstFailure = Volatile.Read(ref _firstFailure),
        Loaded = _agent.RemoteAgents.Order(StringComparer.Ordinal),
        States = _agent.Peers.ToDictionary(static peer => peer.Name, static peer => peer.State.ToString()),
        Heard = _agent.Peers.Where(static peer => peer.HasHeartbeat).Select(static peer => peer.Name).Order(StringComparer.Ordinal),
        Reasons = _agent.GetHealth().Reasons,
    });

    private static void Fill(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = ByteAt(i);
        }
    }

    private static byte ByteAt(int position) => (byte)(unchecked((uint)position * 2_654_435_761u) >> 24);

    private async Task RunAsync(string peer, ulong address)
    {
        var local = new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(_memory.Descriptor.Address + (ulong)_length, (ulong)_length)]);
        var remote = new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(address, (ulong)_length)]);
        while (!_end.IsCancellationRequested)
        {
            await _turn.WaitAsync();
            try
            {
                _memory.GetSpan(_length, _length).Clear();
                await _agent.TransferAsync(TransferOperation.Read, local, remote, peer);
                Verify();
                Interlocked.Increment(ref _good);
            }
            catch (Exception failure) when (failure is NixlException or InvalidDataException)
            {
                if (Interlocked.Increment(ref _failed) == 1)
                {
                    Volatile.Write(ref _firstFailure, failure.Message);
                }
            }
            finally
            {
                _turn.Release();
            }

            await Task.Delay(Pause);
        }
    }

    private void Verify()
    {
        var bytes = _memory.GetSpan(_length, _length);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != ByteAt(i))
            {
                throw new InvalidDataException($"byte {i} is {bytes[i]}");
            }
        }
    }
}
