namespace Nixl.Backends.S3.Memory;

/// <summary>A registered object as the remote side of a transfer.</summary>
internal sealed class RemoteObject(MemoryDescriptor range, string key) : BackendRemoteMemory(MemoryType.Object, range)
{
    /// <summary>Its key in the bucket.</summary>
    internal string Key { get; } = key;
}
