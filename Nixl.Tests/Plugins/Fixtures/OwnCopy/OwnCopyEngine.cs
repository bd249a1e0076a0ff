using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("OWNCOPY", MemoryTypes.Dram)]
public sealed class OwnCopyEngine : IdleEngine;
