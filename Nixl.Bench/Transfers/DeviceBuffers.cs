using System.Globalization;

namespace Nixl.Bench.Transfers;

/// <summary>A rank's own memory: one registered buffer per device.</summary>
internal sealed class DeviceBuffers : IDisposable
{
    // Spans end at 2 GiB.
    private const int ChunkMax = 1 << 30;

    private readonly bool _usesHugePages;
    private readonly List<NixlMemory> _buffers = [];
    private readonly List<MemoryRegistration> _registrations = [];

    /// <param name="agent">Allocates and registers.</param>
    /// <param name="devices">How many.</param>
    /// <param name="bytes">The length of each.</param>
    /// <param name="usesHugePages">Whether to ask for pages of 2 MiB.</param>
    /// <param name="registers">Whether they are registered for as long as they live; false where each transfer registers its own part.</param>
    internal DeviceBuffers(NixlAgent agent, int devices, long bytes, bool usesHugePages, bool registers)
    {
        _usesHugePages = usesHugePages;
        try
        {
            for (var device = 0; device < devices; device++)
            {
                _buffers.Add(agent.AllocateMemory(bytes, new MemoryAllocationOptions { HugePages = usesHugePages }));
                if (registers)
                {
                    _registrations.Add(agent.Register(_buffers[device]));
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal IReadOnlyList<ulong> Addresses => [.. _buffers.Select(static buffer => buffer.Address)];

    /// <summary>What came of what was asked for, one sentence each.</summary>
    internal IEnumerable<string> Notes => _buffers.SelectMany(static buffer => buffer.Shortfalls).Distinct().Concat(
        _usesHugePages ? [string.Create(CultureInfo.InvariantCulture, $"{_buffers.Sum(static buffer => buffer.HugePageBytes)} of {_buffers.Sum(static buffer => buffer.Length)} bytes are in huge pages.")] : []);

    internal MemoryDescriptor Describe(int device, long offset, long length) => _buffers[device].Describe(offset, length);

    /// <summary>Writes the pattern that belongs to the source's offset <paramref name="from"/>.</summary>
    internal void Fill(int device, long offset, long length, ulong key, long from)
    {
        for (var done = 0L; done < length; done += ChunkMax)
        {
            Pattern.Fill(Chunk(device, offset + done, length - done), key, from + done);
        }
    }

    internal void Clear(int device, long offset, long length)
    {
        for (var done = 0L; done < length; done += ChunkMax)
        {
            Chunk(device, offset + done, length - done).Clear();
        }
    }

    /// <summary>Where the first byte is that differs from the pattern, from the start of the range; -1 when none does.</summary>
    internal long FirstMismatch(int device, long offset, long length, ulong key, long from)
    {
        for (var done = 0L; done < length; done += ChunkMax)
        {
            if (Pattern.FirstMismatch(Chunk(device, offset + done, length - done), key, from + done) is >= 0 and var at)
            {
                return done + at;
            }
        }

        return -1;
    }

    internal void FlipByte(int device, long offset) => Chunk(device, offset, 1)[0] ^= 0x20;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        foreach (IDisposable buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private Span<byte> Chunk(int device, long offset, long length) => _buffers[device].GetSpan(offset, (int)Math.Min(length, ChunkMax));
}
