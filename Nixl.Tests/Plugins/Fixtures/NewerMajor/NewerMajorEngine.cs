using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor + 1, 0)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("NEWERMAJOR", MemoryTypes.Dram)]
public sealed class NewerMajorEngine : IdleEngine;
