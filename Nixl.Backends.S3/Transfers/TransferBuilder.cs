using Nixl.Backends.S3.Memory;

namespace Nixl.Backends.S3.Transfers;

/// <summary>Checks a transfer and lays out its ranges: what can be refused is refused here, before a byte has moved.</summary>
internal static class TransferBuilder
{
    private const string WholeOnly = "S3 has no way to write a part of an object: give the whole object, from offset 0 on and without a gap, in one transfer.";

    /// <summary>Makes the request of a transfer; null with the status and reason.</summary>
    internal static S3Request? Build(BackendTransfer transfer, Store store, out NixlStatus status, out BackendFault fault)
    {
        status = CheckSides(transfer, out fault);
        if (status != NixlStatus.Success)
        {
            return null;
        }

        var isWrite = transfer.Operation == TransferOperation.Write;
        var keys = new Dictionary<string, int>();
        var order = Sort(transfer, keys);
        List<ObjectPlan> plans = [];
        for (var i = 0; i < order.Length;)
        {
            var first = i;
            var end = order[i].Offset;
            while (i < order.Length && order[i].Object == order[first].Object && order[i].Offset == end)
            {
                end += order[i++].Length;
            }

            if (Refusal(order.AsSpan(first, i - first), end, store, isWrite && first > 0 && order[first - 1].Object == order[first].Object, isWrite) is { } refused)
            {
                (status, fault) = refused;
                return null;
            }

            if (end > order[first].Offset || isWrite)
            {
                plans.Add(Plan(order.AsSpan(first, i - first)));
            }
        }

        return new S3Request(isWrite, [.. plans], keys.Count, transfer.TotalBytes, store);
    }

    private static NixlStatus CheckSides(BackendTransfer transfer, out BackendFault fault)
    {
        fault = default;
        if (transfer.LocalMemories.All(static memory => memory is HostMemory) && transfer.RemoteMemories.All(static memory => memory is RemoteObject))
        {
            return NixlStatus.Success;
        }

        fault = BackendFault.Because("The OBJ backend moves between host memory here and objects there.", "Give host memory as the local and objects as the remote side.");
        return NixlStatus.NotSupported;
    }

    /// <summary>The segments by object and offset; empty ones only where nothing else says that a WRITE means this object.</summary>
    private static Place[] Sort(BackendTransfer transfer, Dictionary<string, int> keys)
    {
        var segments = transfer.Segments.Span;
        var places = new Place[segments.Length];
        for (var i = 0; i < segments.Length; i++)
        {
            var key = ((RemoteObject)transfer.RemoteMemories[segments[i].RemoteMemory]).Key;
            if (!keys.TryGetValue(key, out var number))
            {
                keys.Add(key, number = keys.Count);
            }

            places[i] = new Place(key, number, segments[i].RemoteAddress, segments[i].LocalAddress, segments[i].Length, i);
        }

        Array.Sort(places, static (a, b) =>
            a.Object != b.Object ? a.Object.CompareTo(b.Object) : a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length.CompareTo(b.Length));
        return places;
    }

    private static (NixlStatus Status, BackendFault Fault)? Refusal(ReadOnlySpan<Place> run, ulong end, Store store, bool continues, bool isWrite)
    {
        var place = $"{store.Options.Place}/{run[0].Key}";
        if (end > S3Options.ObjectBytesMax)
        {
            return (NixlStatus.InvalidParam, new BackendFault(0, run[^1].Segment, $"{place} would reach offset {end}, and an object has at most {S3Options.ObjectBytesMax} bytes.", "Use several objects."));
        }

        if (!isWrite || (run[0].Offset == 0 && !continues))
        {
            return null;
        }

        var what = continues ? $"has a gap or an overlap at offset {run[0].Offset}" : $"begins at offset {run[0].Offset}";
        return (NixlStatus.NotSupported, new BackendFault(0, run[0].Segment, $"The write of {place} {what}, and an object is written whole.", WholeOnly));
    }

    private static ObjectPlan Plan(ReadOnlySpan<Place> run)
    {
        var pieces = new List<Piece>(run.Length);
        var start = 0L;
        foreach (ref readonly var place in run)
        {
            if (place.Length > 0)
            {
                pieces.Add(new Piece(start, place.Address, (long)place.Length, place.Segment));
                start += (long)place.Length;
            }
        }

        return new ObjectPlan(run[0].Key, run[0].Object, new MemoryRun((long)run[0].Offset, [.. pieces]), run[0].Segment);
    }

    /// <summary>A segment, by the object that it belongs to.</summary>
    private readonly record struct Place(string Key, int Object, ulong Offset, ulong Address, ulong Length, int Segment);
}
