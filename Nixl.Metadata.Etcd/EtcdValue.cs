namespace Nixl.Metadata.Etcd;

/// <summary>A key as etcd answers it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value; empty where only keys were asked for.</param>
/// <param name="Revision">The revision of its last change.</param>
internal readonly record struct EtcdValue(string Key, ReadOnlyMemory<byte> Value, long Revision);
