using System.Runtime.CompilerServices;
using Nixl.Backends;

[assembly: NixlBackendContract(1, 0)]
[assembly: DisableRuntimeMarshalling]
