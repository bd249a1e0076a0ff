using Nixl.Bench.Options;

namespace Nixl.Bench.Planning;

/// <summary>What upstream's options can ask for and this machine or build cannot do, with the reason.</summary>
internal static class Refusals
{
    // The driver's control device: there is one on every machine with a usable NVIDIA GPU.
    private const string GpuDevice = "/dev/nvidiactl";

    /// <exception cref="BenchmarkException">Says what is missing, and what to do instead.</exception>
    internal static void ThrowIfAsked(OptionValues values)
    {
        if (values.Text("worker_type") == "nvshmem")
        {
            throw Refuse("--worker_type nvshmem", "it moves GPU memory by NVSHMEM's own library, which needs NVIDIA GPUs and is not bound here", "use --worker_type nixl");
        }

        foreach (var side in new[] { "initiator_seg_type", "target_seg_type" })
        {
            if (values.Text(side) == "VRAM")
            {
                throw Refuse($"--{side} VRAM", Gpu(), "use DRAM (--memory_type DRAM with the scripts)");
            }
        }

        if (values.Flag("enable_vmm"))
        {
            throw Refuse("--enable_vmm", $"CUDA's virtual memory management needs a GPU and its driver: {Gpu()}", "leave it out, or use --use_hugepages");
        }

        if (values.Flag("use_device_api"))
        {
            throw Refuse("--use_device_api", $"transfers that a GPU posts need a GPU and a backend that serves them: {Gpu()}", "leave it out");
        }
    }

    private static string Gpu() => File.Exists(GpuDevice)
        ? "nixlbench measures host memory only, although this machine has a GPU" : $"this machine has no NVIDIA GPU ({GpuDevice} is missing)";

    private static BenchmarkException Refuse(string what, string why, string instead)
        => new($"{what} cannot be served: {why}. Next step: {instead}.", BenchmarkException.Incomplete);
}
