namespace Nixl.Backends.S3.Memory;

/// <summary>A registered object.</summary>
internal sealed class ObjectMemory(in MemoryRegion region, string key) : BackendMemory(region)
{
    /// <summary>Its key in the bucket.</summary>
    internal string Key { get; } = key;
}
