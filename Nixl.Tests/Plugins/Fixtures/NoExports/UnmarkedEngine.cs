using Nixl.Backends;

[assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)]

namespace Nixl.Tests.Fixtures;

public sealed class UnmarkedEngine : IdleEngine;
