using System.Globalization;
using Nixl.Bench.Options;

namespace Nixl.Bench.Scripts;

/// <summary>Turns a script's options into those of the run.</summary>
internal static class ScriptTranslation
{
    private static readonly string[] Meetings = ["mode", "etcd_endpoints", "runtime_type", "asio_address", "asio_port", "rank"];

    private static readonly (string From, string To)[] Renamed =
    [
        ("iterations", "num_iter"), ("file_path", "filenames"), ("direct_io", "storage_enable_direct"), ("api_type", "posix_api_type"), ("operation", "op_type"),
        ("verify_data", "check_consistency"), ("initiator_mem", "initiator_seg_type"), ("target_mem", "target_seg_type"), ("gpu_devices", "gpunetio_device_list"),
        ("bucket_name", "obj_bucket_name"), ("region", "obj_region"),
    ];

    /// <summary>Sets the run's options; those that were given under their own names count before the script's.</summary>
    /// <returns>What has no effect, and why.</returns>
    internal static IReadOnlyList<string> Apply(SeedScript script, OptionValues values)
    {
        foreach (var (from, to) in Renamed)
        {
            Rename(script, values, from, to);
        }

        Rename(script, values, "memory_type", "initiator_seg_type");
        Rename(script, values, "memory_type", "target_seg_type");
        foreach (var (option, value) in script.Defaults)
        {
            values.SetDefault(option, value);
        }

        SetSizes(script, values);
        if (script.Name == "obj_s3")
        {
            values.SetDefault("num_iter", values.Text("num_objects"));
        }

        if (script.IsLocalByDefault && !Meetings.Any(values.IsGiven))
        {
            values.SetDefault("local_pair", "true");
        }

        return script.Options.Contains("gpu_id") && values.IsGiven("gpu_id") ? ["gpu_id has no effect: host memory has no GPU."] : [];
    }

    private static void Rename(SeedScript script, OptionValues values, string from, string to)
    {
        if (script.Options.Contains(from) && values.IsGiven(from))
        {
            values.SetDefault(to, values.Text(from));
        }
    }

    private static void SetSizes(SeedScript script, OptionValues values)
    {
        var batch = script.Options.Contains("batch_size") && values.IsGiven("batch_size") ? values.Number("batch_size") : 1;
        if (batch > 1)
        {
            values.SetDefault("start_batch_size", values.Text("batch_size"));
            values.SetDefault("max_batch_size", values.Text("batch_size"));
        }

        if (script.Options.Contains("buffer_size") && values.IsGiven("buffer_size"))
        {
            var block = values.Size("buffer_size") / batch;
            values.SetDefault("buffer_sizes", Math.Max(1, block).ToString(CultureInfo.InvariantCulture));
        }
    }
}
