namespace Nixl.Bench.Coordination;

/// <summary>Ends this process when the one that started it is gone, whatever this one is doing then.</summary>
/// <remarks>The standard input is a pipe from the parent, which ends with it. A signal at the parent's death would come when the parent's thread ends that started
/// this process: the thread pool ends its threads as it likes.</remarks>
internal static class ParentWatch
{
    internal static void Start()
    {
        var thread = new Thread(static () =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> one = stackalloc byte[1];
            while (input.Read(one) > 0)
            {
                // Nothing is sent.
            }

            Environment.Exit(BenchmarkException.Failed);
        })
        { IsBackground = true, Name = "nixlbench-parent" };
        thread.Start();
    }
}
