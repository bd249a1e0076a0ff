using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using FluentAssertions;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>Memory that an agent of another process allocated. The file behind it is mapped here, too: what a test writes and reads is the peer's memory itself, also while the
/// peer is stopped. That the peer sees the same is compared after the test.</summary>
internal sealed unsafe class RemoteBuffer : GuardedBuffer
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly PeerProgram _program;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _all;

    internal RemoteBuffer(PeerProgram program, int length, string[] place)
        : base(length)
    {
        _program = program;
        Id = place[0];
        Address = ulong.Parse(place[1], CultureInfo.InvariantCulture) - GuardBytes;
        var handle = File.OpenHandle($"/proc/{program.Id}/fd/{place[2]}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _all);
    }

    /// <summary>The number that the program knows it by.</summary>
    internal string Id { get; }

    internal override Span<byte> All => new(_all, Length + (2 * GuardBytes));

    private protected override ulong Address { get; }

    internal override void RequireIntactGuards()
    {
        base.RequireIntactGuards();
        if (_program.HasEnded)
        {
            return;
        }

        // What was let go in flight may still come: until it is quiet.
        var start = Stopwatch.GetTimestamp();
        string here;
        string there;
        do
        {
            there = _program.Ask("digest", Id);
            here = Convert.ToHexString(SHA256.HashData(All));
        }
        while (here != there && Stopwatch.GetElapsedTime(start) < Limit);

        there.Should().Be(here, "the peer's process sees what was written to its memory");
    }

    public override void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
        if (!_program.HasEnded)
        {
            _program.Ask("free", Id);
        }
    }
}
