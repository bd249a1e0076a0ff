using Nixl.Bench.Options;

namespace Nixl.Bench.KvCache;

/// <summary>From where to where a cache moves, as options of a benchmark run.</summary>
internal static class KvRoute
{
    internal const string Memory = "memory";
    internal const string Gpu = "gpu";
    internal const string File = "file";

    private static readonly string[] Storage = ["GDS", "GDS_MT", "POSIX", "HF3FS", "OBJ", "AZURE_BLOB", "INFINIA", "GUSLI"];

    /// <summary>Sets operation and segment types for a source and a destination. Without either a network backend goes from memory to memory and a storage backend
    /// from file to memory: caches are loaded more often than stored.</summary>
    /// <exception cref="BenchmarkException">The backend does not go there.</exception>
    internal static void Apply(OptionValues values, string? source, string? destination)
    {
        var backend = values.Text("backend");
        if (!Storage.Contains(backend, StringComparer.OrdinalIgnoreCase))
        {
            SetMemory(values, "initiator_seg_type", source ?? Memory, backend, "source");
            SetMemory(values, "target_seg_type", destination ?? Memory, backend, "destination");
            return;
        }

        var isRead = source is null ? destination != File : source == File;
        var (local, remote) = isRead ? (destination ?? Memory, source ?? File) : (source ?? Memory, destination ?? File);
        if (remote != File)
        {
            throw new BenchmarkException($"{backend} moves between storage and memory: one of source and destination is {File}, not {source} and {destination}.");
        }

        values.Set("op_type", isRead ? "READ" : "WRITE");
        SetMemory(values, "initiator_seg_type", local, backend, isRead ? "destination" : "source");
    }

    private static void SetMemory(OptionValues values, string option, string place, string backend, string side)
    {
        var type = place switch
        {
            Memory => "DRAM",
            Gpu => "VRAM",
            _ => throw new BenchmarkException($"{backend} cannot have '{place}' as {side}: it takes {Memory} or {Gpu}."),
        };
        if (type != "DRAM" || values.IsGiven(option))
        {
            values.Set(option, type);
        }
    }
}
