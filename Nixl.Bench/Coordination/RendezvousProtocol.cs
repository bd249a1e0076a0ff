using System.Diagnostics.CodeAnalysis;

namespace Nixl.Bench.Coordination;

/// <summary>The frames between ranks and their hub.</summary>
internal static class RendezvousProtocol
{
    /// <summary>The version that is spoken. Hello carries the range of versions that a rank knows; none in common is refused with both named.</summary>
    internal const int Version = 1;

    /// <summary>The longest payload of a rank that has not said who it is.</summary>
    internal const int HelloBytesMax = 256;

    /// <summary>The longest payload of a known rank.</summary>
    internal const int RankBytesMax = RendezvousLimits.BlobBytesMax + 256;

    /// <summary>The longest payload of a hub.</summary>
    internal const int HubBytesMax = RendezvousLimits.GatheredBytesMax + (RendezvousLimits.RanksMax * sizeof(int)) + 64;

    // "NXRV" in the order of the wire.
    private const int Magic = 0x5652584E;

    internal static byte[] Hello(string group, int count, int? rank)
        => new FrameWriter(FrameKind.Hello).Add(Magic).Add(Version).Add(Version).Add(group, RendezvousLimits.NameBytesMax).Add(count).Add(rank ?? -1).ToArray();

    internal static bool TryReadHello(Frame frame, out (int VersionMin, int VersionMax, string Group, int Count, int Rank) hello)
    {
        hello = default;
        var reader = new FrameReader(frame.Payload);
        return frame.Kind == FrameKind.Hello
            && reader.TryReadInt32(out var magic) && magic == Magic
            && reader.TryReadInt32(out hello.VersionMin)
            && reader.TryReadInt32(out hello.VersionMax)
            && reader.TryReadText(RendezvousLimits.NameBytesMax, out hello.Group)
            && reader.TryReadInt32(out hello.Count)
            && reader.TryReadInt32(out hello.Rank)
            && reader.IsAtEnd;
    }

    internal static byte[] Welcome(int rank) => new FrameWriter(FrameKind.Welcome).Add(Magic).Add(Version).Add(rank).ToArray();

    internal static bool TryReadWelcome(Frame frame, out int rank)
    {
        rank = -1;
        var reader = new FrameReader(frame.Payload);
        return frame.Kind == FrameKind.Welcome
            && reader.TryReadInt32(out var magic) && magic == Magic
            && reader.TryReadInt32(out var version) && version == Version
            && reader.TryReadInt32(out rank)
            && reader.IsAtEnd;
    }

    internal static byte[] Gather(int number, string label, ReadOnlySpan<byte> blob)
        => new FrameWriter(FrameKind.Gather).Add(number).Add(label, RendezvousLimits.NameBytesMax).Add(blob).ToArray();

    internal static bool TryReadGather(Frame frame, out int number, out string label, out ReadOnlySpan<byte> blob)
    {
        label = "";
        blob = default;
        var reader = new FrameReader(frame.Payload);
        return reader.TryReadInt32(out number)
            && reader.TryReadText(RendezvousLimits.NameBytesMax, out label)
            && reader.TryReadBytes(RendezvousLimits.BlobBytesMax, out blob)
            && reader.IsAtEnd;
    }

    internal static byte[] Gathered(int number, IEnumerable<byte[]> blobs)
    {
        var frame = new FrameWriter(FrameKind.Gathered).Add(number);
        foreach (var blob in blobs)
        {
            frame.Add(blob);
        }

        return frame.ToArray();
    }

    internal static bool TryReadGathered(Frame frame, int count, out int number, [NotNullWhen(true)] out byte[][]? blobs)
    {
        blobs = null;
        var reader = new FrameReader(frame.Payload);
        if (!reader.TryReadInt32(out number))
        {
            return false;
        }

        var read = new byte[count][];
        for (var rank = 0; rank < count; rank++)
        {
            if (!reader.TryReadBytes(RendezvousLimits.BlobBytesMax, out var blob))
            {
                return false;
            }

            read[rank] = blob.ToArray();
        }

        blobs = read;
        return reader.IsAtEnd;
    }

    /// <summary>A frame that carries a reason: Refused, Broken, Abort.</summary>
    internal static byte[] Reason(FrameKind kind, string reason) => new FrameWriter(kind).Add(reason, RendezvousLimits.ReasonBytesMax).ToArray();

    internal static string ReadReason(Frame frame)
    {
        var reader = new FrameReader(frame.Payload);
        return reader.TryReadText(RendezvousLimits.ReasonBytesMax, out var reason) ? reason : "no readable reason was given";
    }
}
