using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor + 1)]

namespace Nixl.Tests.Fixtures;

[ExportBackend("NEWERMINOR", MemoryTypes.Dram)]
public sealed class NewerMinorEngine : IdleEngine;
