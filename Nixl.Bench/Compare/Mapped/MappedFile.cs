using System.IO.MemoryMappedFiles;

namespace Nixl.Bench.Compare.Mapped;

/// <summary>A file in memory (/dev/shm) that two processes map. The one that makes it removes its name as soon as the other has it open, so that nothing is left of killed processes.</summary>
internal sealed class MappedFile : IDisposable
{
    /// <summary>Room behind the pages for a number that tells of progress, on a page of its own.</summary>
    internal const int TailBytes = 4096;

    private readonly MemoryMappedFile _file;
    private readonly string _path;

    private MappedFile(MemoryMappedFile file, string path)
    {
        (_file, _path) = (file, path);
        View = file.CreateViewAccessor();
    }

    /// <summary>The file in memory.</summary>
    internal MemoryMappedViewAccessor View { get; }

    /// <summary>Makes one.</summary>
    internal static MappedFile Create(string path, long bytes)
        => new(MemoryMappedFile.CreateFromFile(path, FileMode.CreateNew, null, bytes + TailBytes), path);

    /// <summary>Opens one that another process made.</summary>
    internal static MappedFile Open(string path) => new(MemoryMappedFile.CreateFromFile(path, FileMode.Open), path);

    /// <summary>Removes the name; the file lives as long as it is mapped.</summary>
    internal void RemoveName() => File.Delete(_path);

    public void Dispose()
    {
        View.Dispose();
        _file.Dispose();
    }
}
