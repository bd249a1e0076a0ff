using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("THROWING", MemoryTypes.Dram)]
public sealed class ThrowingEngine : IdleEngine
{
    public ThrowingEngine() => throw new InvalidOperationException("no luck today");
}
