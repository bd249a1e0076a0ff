using System.Globalization;
using Nixl.Bench.Compare.Http;
using Nixl.Bench.Compare.Mapped;
using Nixl.Bench.Compare.Redis;
using Nixl.Bench.Compare.Sockets;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Moves;

/// <summary>The process on the other side: one memory, and a receiver for every contender; told what to do by lines on its standard input.</summary>
internal static class PeerServer
{
    /// <summary>Serves until the standard input ends: whoever started this process closes it or dies.</summary>
    internal static async Task<int> RunAsync(long bytes, int? processor)
    {
        using var binding = ProcessBinding.To(processor);
        await using var owner = new NixlAgent("compare-memory", new NixlAgentOptions { CreateDefaultBackends = false });
        using var memory = owner.AllocateMemory(bytes);
        var receivers = new Dictionary<string, IReceiver>();
        Console.WriteLine($"{ChildProcess.AnswerMark}{Environment.ProcessId}");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Console.WriteLine(ChildProcess.AnswerMark + await AnswerAsync(line.Split(' '), memory, receivers));
        }

        foreach (var receiver in receivers.Values)
        {
            await receiver.DisposeAsync();
        }

        return 0;
    }

    private static async Task<string> AnswerAsync(string[] words, NixlMemory memory, Dictionary<string, IReceiver> receivers)
    {
        switch (words)
        {
            case ["open", var key, var kind, .. var arguments]:
                var opened = await OpenAsync(kind, Array.ConvertAll(arguments, Uri.UnescapeDataString), memory);
                receivers.Add(key, opened);
                return opened.Address;
            case ["case", var pages, var pageBytes]:
                var one = new BlobCase(int.Parse(pages, CultureInfo.InvariantCulture), int.Parse(pageBytes, CultureInfo.InvariantCulture));
                var destination = PagedMemory.Destination(memory.Memory, one);
                foreach (var receiver in receivers.Values)
                {
                    receiver.Prepare(destination);
                }

                return "done";
            case ["check", var key, var seed]:
                return $"{receivers[key].Check(ulong.Parse(seed, CultureInfo.InvariantCulture))}";
            case ["allocated"]:
                return $"{GC.GetTotalAllocatedBytes(precise: true)}";
            default:
                throw new BenchmarkException($"The peer does not know '{string.Join(' ', words)}'.");
        }
    }

    private static async Task<IReceiver> OpenAsync(string kind, string[] arguments, NixlMemory memory) => kind switch
    {
        AgentReceiver.Kind => new AgentReceiver(arguments, memory),
        SocketReceiver.Kind => new SocketReceiver(arguments),
        HttpReceiver.Kind => await HttpReceiver.StartAsync(arguments),
        RedisReceiver.Kind => new RedisReceiver(arguments),
        TypicalMapping.Kind => new TypicalReceiver(arguments),
        ExpertReceiver.Kind => new ExpertReceiver(arguments),
        _ => throw new BenchmarkException($"The peer has no receiver '{kind}'."),
    };
}
