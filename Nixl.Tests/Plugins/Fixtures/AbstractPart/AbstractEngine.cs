using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("ABSTRACT", MemoryTypes.Dram)]
public abstract class AbstractEngine : IdleEngine;
