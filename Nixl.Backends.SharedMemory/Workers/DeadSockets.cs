using Nixl.Backends.SharedMemory.Connections;

namespace Nixl.Backends.SharedMemory.Workers;

/// <summary>The sockets of peers that ended: the file of one that was killed is still there, and whoever notices the end removes it.</summary>
/// <param name="directory">The folder of this engine's own sockets. A peer's metadata may name any path; only what lies here is touched.</param>
/// <remarks>A connection ends a moment before the process's listening socket does, so there is more than one look.</remarks>
internal sealed class DeadSockets(string directory)
{
    private const int LookMs = 20;
    private const int GiveUpMs = 2000;

    private readonly List<(string Path, long GiveUpAt)> _paths = [];

    internal void Add(string path)
    {
        if (Path.GetDirectoryName(path) == directory)
        {
            _paths.Add((path, Environment.TickCount64 + GiveUpMs));
        }
    }

    /// <summary>Removes the files at which nobody listens any more.</summary>
    internal void RemoveStale()
    {
        for (var i = _paths.Count - 1; i >= 0; i--)
        {
            var (path, giveUpAt) = _paths[i];
            var isStale = SocketDirectory.IsStale(path);
            if (isStale)
            {
                SocketDirectory.Remove(path);
            }

            if (isStale || Environment.TickCount64 > giveUpAt || !File.Exists(path))
            {
                _paths.RemoveAt(i);
            }
        }
    }

    /// <summary>Milliseconds until the next look; negative when there is nothing to look at.</summary>
    internal int NextLookIn() => _paths.Count == 0 ? -1 : LookMs;
}
