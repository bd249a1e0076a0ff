using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("FIXTURE", MemoryTypes.Dram | MemoryTypes.File, SupportsLocal = true, SupportsNotifications = true, Description = "Moves nothing; ä.")]
public sealed class GoodEngine : IdleEngine
{
    /// <summary>Proves that the plugin's private dependency is used.</summary>
    public override string DescribeFault(in BackendFault fault) => Greeting.Text;
}

[ExportBackend("FIXTURE_MT", MemoryTypes.Dram)]
public sealed class SecondEngine : IdleEngine;
