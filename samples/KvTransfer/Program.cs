using Nixl.Samples.KvTransfer;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
