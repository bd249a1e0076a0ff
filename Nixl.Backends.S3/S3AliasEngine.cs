namespace Nixl.Backends.S3;

/// <summary>The OBJ backend under the name by which its stores are known.</summary>
[ExportBackend("S3", MemoryTypes.Dram | MemoryTypes.Object, SupportsLocal = true, ThreadsParameter = "num_threads",
    Description = "The same as OBJ: host memory to objects of S3-compatible stores and back.")]
public sealed class S3AliasEngine : S3Engine;
