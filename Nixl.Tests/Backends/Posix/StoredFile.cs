using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.Posix;

/// <summary>A file in path mode, in a folder of its own.</summary>
internal sealed class StoredFile : StoredRange
{
    private static long _lastDeviceId = 1000;

    private readonly DirectoryInfo _folder;
    private readonly string _path;
    private readonly MemoryRegistration _registration;

    private StoredFile(NixlAgent agent, DirectoryInfo folder, string path, string mode, ulong deviceId, int length)
        : base(MemoryType.File, deviceId, length)
    {
        (_folder, _path) = (folder, path);
        _registration = agent.Register(new RegistrationList(MemoryType.File, [(0, 0, deviceId, $"{mode}:{path}")]));
    }

    internal static StoredFile Create(NixlAgent agent, string mode, int length, int seed)
    {
        var folder = Directory.CreateTempSubdirectory("nixl-posix-");
        var path = Path.Combine(folder.FullName, "stored");
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        File.WriteAllBytes(path, bytes);
        return new StoredFile(agent, folder, path, mode, (ulong)Interlocked.Increment(ref _lastDeviceId), length);
    }

    public override byte[] Content() => File.ReadAllBytes(_path);

    public override void Dispose()
    {
        _registration.Dispose();
        _folder.Delete(recursive: true);
    }
}
