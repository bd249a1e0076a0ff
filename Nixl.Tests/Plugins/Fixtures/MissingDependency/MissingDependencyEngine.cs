using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("MISSING", MemoryTypes.Dram)]
public sealed class MissingDependencyEngine : IdleEngine
{
    public override string DescribeFault(in BackendFault fault) => Greeting.Text;
}
