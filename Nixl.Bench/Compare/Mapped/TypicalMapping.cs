using System.IO.MemoryMappedFiles;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Mapped;

/// <summary>What both sides of the typical version do: arrays of their own, copied by the accessor, page by page.</summary>
internal static class TypicalMapping
{
    internal const string Kind = "mapping-typical";

    /// <summary>One byte through the pipe: "it is there" one way, "I have it" the other.</summary>
    internal const byte Signal = 1;

    internal static void Write(MemoryMappedViewAccessor view, PagedMemory pages, byte[] array)
    {
        for (var page = 0; page < pages.Offsets.Length; page++)
        {
            view.WriteArray((long)page * pages.Case.PageBytes, array, pages.Offsets[page], pages.Case.PageBytes);
        }
    }

    internal static void Read(MemoryMappedViewAccessor view, PagedMemory pages, byte[] array)
    {
        for (var page = 0; page < pages.Offsets.Length; page++)
        {
            view.ReadArray((long)page * pages.Case.PageBytes, array, pages.Offsets[page], pages.Case.PageBytes);
        }
    }
}
