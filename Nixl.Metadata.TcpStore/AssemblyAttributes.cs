using Nixl.Backends;

[assembly: NixlBackendContract(1, 0)]
