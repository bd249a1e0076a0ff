using System.Globalization;
using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Planning;

/// <summary>The backends that upstream's benchmark names, and ours.</summary>
internal static class BackendCatalog
{
    private const string NoPlugin = "its plugin is not part of this build";

    private static readonly BackendEntry[] Entries =
    [
        new("UCX", StoreKind.Peer, "the plugin Nixl.Backends.Ucx and libucp (apt-get install libucx0)", UcxParameters),
        new("SHM", StoreKind.Peer, "the plugin Nixl.Backends.SharedMemory", static _ => []),
        new("LIBFABRIC", StoreKind.Peer, "the plugin Nixl.Backends.Libfabric and libfabric", static values => Pairs(values, ("num_threads", "progress_threads"))),
        new("MOONCAKE", StoreKind.Peer, "Mooncake's transfer engine and a plugin for it", static _ => []),
        new("UCCL", StoreKind.Peer, "UCCL's library and a plugin for it", static _ => []),
        new("GPUNETIO", StoreKind.Peer, "DOCA GPUNetIO, an NVIDIA GPU with a ConnectX network card, and a plugin for it", GpuNetIoParameters),
        new("POSIX", StoreKind.Files, "the plugin Nixl.Backends.Posix", PosixParameters),
        new("GDS", StoreKind.Files, "libcufile and the plugin Nixl.Backends.Gds; POSIX with --storage_enable_direct moves the same bytes from host memory", static values => Pairs(values, ("batch_pool_size", "gds_batch_pool_size"), ("batch_limit", "gds_batch_limit"))),
        new("GDS_MT", StoreKind.Files, "libcufile and the plugin Nixl.Backends.Gds; POSIX with --storage_enable_direct moves the same bytes from host memory", static values => Pairs(values, ("thread_count", "gds_mt_num_threads"))),
        new("HF3FS", StoreKind.Files, "3FS's client library, a mounted 3FS and a plugin for it", static values => Pairs(values, ("iopool_size", "hf3fs_iopool_size"))),
        new("OBJ", StoreKind.Objects, "the plugin Nixl.Backends.S3", ObjectParameters),
        new("AZURE_BLOB", StoreKind.Objects, NoPlugin, static values => Pairs(
            values, ("account_url", "azure_blob_account_url"), ("container_name", "azure_blob_container_name"), ("connection_string", "azure_blob_connection_string"))),
        new("INFINIA", StoreKind.Objects, "DDN Infinia's client library and a plugin for it", static values => Pairs(values, ("config_file", "infinia_config_file"))),
        new("GUSLI", StoreKind.Files, "the GUSLI client library, its server or kernel devices, and a plugin for it; POSIX serves block devices by --filenames /dev/…", GusliParameters),
    ];

    /// <summary>Finds a backend, and that its plugin is among those <paramref name="installed"/>.</summary>
    /// <exception cref="BenchmarkException">It is not: says what it takes, and what is installed.</exception>
    internal static BackendEntry Find(string name, IReadOnlySet<string> installed)
    {
        var entry = Entries.FirstOrDefault(entry => entry.Name.Equals(name == "S3" ? "OBJ" : name, StringComparison.OrdinalIgnoreCase));
        if (entry is null)
        {
            throw new BenchmarkException($"--backend cannot be '{name}': known are {string.Join(", ", Entries.Select(static known => known.Name))}; installed are {string.Join(", ", installed)}.");
        }

        return installed.Contains(entry.Name) ? entry : throw new BenchmarkException(
            $"The backend {entry.Name} is not installed here: it needs {entry.Needs}. Installed are {string.Join(", ", installed)}.", BenchmarkException.Incomplete);
    }

    /// <summary>The backends whose plugins are beside this program or in <c>NIXL_PLUGIN_DIR</c>.</summary>
    internal static IReadOnlySet<string> Installed()
    {
        using var agent = new NixlAgent("nixlbench-discovery", new NixlAgentOptions { CreateDefaultBackends = false });
        return new SortedSet<string>(agent.PluginReport.Files.SelectMany(static file => file.BackendNames), StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<(string Name, string Value)> Pairs(OptionValues values, params IReadOnlyList<(string Parameter, string Option)> names)
        => names.Where(pair => values.Text(pair.Option).Length > 0).Select(pair => (pair.Parameter, values.Text(pair.Option)));

    private static IEnumerable<(string Name, string Value)> UcxParameters(OptionValues values)
    {
        yield return ("num_threads", values.Text("progress_threads"));
        if (values.Number("num_threads") > 1)
        {
            // As upstream: a worker per thread, and one for the agent.
            yield return ("num_workers", Math.Min(64, values.Number("num_threads") + 1 + values.Number("progress_threads")).ToString(CultureInfo.InvariantCulture));
        }
    }

    private static IEnumerable<(string Name, string Value)> PosixParameters(OptionValues values)
    {
        var api = values.Text("posix_api_type");
        yield return ("use_aio", Text(api == "AIO"));
        yield return ("use_uring", Text(api == "URING"));
        yield return ("use_posix_aio", Text(api == "POSIXAIO"));
        yield return ("ios_pool_size", values.Text("posix_ios_pool_size"));
        yield return ("kernel_queue_size", values.Text("posix_kernel_queue_size"));
    }

    private static IEnumerable<(string Name, string Value)> ObjectParameters(OptionValues values)
    {
        foreach (var pair in Pairs(
            values, ("access_key", "obj_access_key"), ("secret_key", "obj_secret_key"), ("session_token", "obj_session_token"), ("bucket", "obj_bucket_name"),
            ("scheme", "obj_scheme"), ("region", "obj_region"), ("use_virtual_addressing", "obj_use_virtual_addressing"),
            ("endpoint_override", "obj_endpoint_override"), ("req_checksum", "obj_req_checksum"), ("ca_bundle", "obj_ca_bundle")))
        {
            yield return pair;
        }

        if (values.Size("obj_crt_min_limit") > 0)
        {
            yield return ("crtMinLimit", values.Size("obj_crt_min_limit").ToString(CultureInfo.InvariantCulture));
        }

        if (values.Flag("obj_accelerated_enable"))
        {
            yield return ("accelerated", "true");
            yield return ("type", values.Text("obj_accelerated_type"));
        }
    }

    private static IEnumerable<(string Name, string Value)> GpuNetIoParameters(OptionValues values) => Pairs(
        values, ("network_devices", "device_list"), ("gpu_devices", "gpunetio_device_list"), ("oob_interface", "gpunetio_oob_list"));

    private static IEnumerable<(string Name, string Value)> GusliParameters(OptionValues values) => Pairs(
        values, ("client_name", "gusli_client_name"), ("max_num_simultaneous_requests", "gusli_max_simultaneous_requests"), ("config_file", "gusli_config_file"),
        ("device_byte_offsets", "gusli_device_byte_offsets"), ("device_security", "gusli_device_security"));

    private static string Text(bool value) => value ? "true" : "false";
}
