using System.CommandLine;
using Nixl.Bench.Objects;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench obj-proxy</c>: the proxy that caps each connection, in a process of its own so that its work is not counted with anybody's.</summary>
internal static class ObjProxyCommand
{
    internal static Command Create()
    {
        var store = new Option<string>("--store") { Description = "The object store.", Required = true };
        var cap = new Option<long>("--bytes-per-second") { Description = "Of each connection and direction; 0 for no limit." };
        var latency = new Option<int>("--latency-ms") { Description = "Before each request." };
        var command = new Command("obj-proxy", "Internal: the proxy of `nixlbench obj`. Says where it listens, and ends with its standard input.") { store, cap, latency };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => RunAsync(
            new Uri(parsed.GetValue(store)!), parsed.GetValue(cap), TimeSpan.FromMilliseconds(parsed.GetValue(latency)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Uri store, long bytesPerSecond, TimeSpan latency, CancellationToken cancellation)
    {
        await using var proxy = new StoreProxy(store) { BytesPerSecond = bytesPerSecond, Latency = latency };
        Console.WriteLine(proxy.Endpoint);
        await Console.In.ReadToEndAsync(cancellation);
        return 0;
    }
}
