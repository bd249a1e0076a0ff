using System.Globalization;
using Nixl.Samples;
using Nixl.Samples.DynamicScaling;

// A prefill process that serves decode workers which come and go. Nobody is told an address: all share an etcd, whose place the environment says
// (NIXL_ETCD_ENDPOINTS=http://127.0.0.1:2379). The first worker leaves in good order, the second one is killed.
var hasStore = Environment.GetEnvironmentVariable("NIXL_ETCD_ENDPOINTS") is { Length: > 0 };
return args switch
{
    [] when hasStore => await Sample.RunAsync(Prefill.RunAsync),
    ["decode", var name, var prefill, var pages, "leave" or "die"] when hasStore
        => await Sample.RunAsync(() => Decode.RunAsync(name, prefill, ulong.Parse(pages, CultureInfo.InvariantCulture), isKilled: args[4] == "die")),
    _ => Sample.ShowUsage(args, "usage: NIXL_ETCD_ENDPOINTS=http://host:2379 DynamicScaling   (no arguments; it starts its decode workers itself)"),
};
