using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("FIXTURE", MemoryTypes.Dram)]
public sealed class DuplicateEngine : IdleEngine;
