using static Nixl.Bench.Options.OptionTable;

namespace Nixl.Bench.Options;

/// <summary>Upstream's options of backends that need what is not in every build. They become the backend's parameters where its plugin is installed.</summary>
internal static class ForeignOptions
{
    private const string Group = "Other backends";

    internal static IReadOnlyList<BenchOption> All { get; } =
    [
        Number(Group, "gds_batch_pool_size", "32", "GDS: batches in the pool.", 1),
        Number(Group, "gds_batch_limit", "128", "GDS: operations per batch.", 1),
        Number(Group, "gds_mt_num_threads", "1", "GDS_MT: threads.", 1, 256),
        Text(Group, "gpunetio_device_list", "0", "GPUNETIO: GPUs, separated by commas."),
        Text(Group, "gpunetio_oob_list", "", "GPUNETIO: interfaces of the control path."),
        Flag(Group, "use_device_api", false, "Transfers that a GPU posts; refused: they need a GPU and a backend that serves them."),
        Number(Group, "hf3fs_iopool_size", "64", "HF3FS: size of the pool.", 1),
        Text(Group, "gusli_client_name", "NIXLBench", "GUSLI: name of the client."),
        Number(Group, "gusli_max_simultaneous_requests", "32", "GUSLI: requests at once.", 1),
        Text(Group, "gusli_config_file", "", "GUSLI: configuration."),
        Text(Group, "gusli_device_byte_offsets", "", "GUSLI: where in each device to begin."),
        Text(Group, "gusli_device_security", "", "GUSLI: flags of each device."),
        Text(Group, "azure_blob_account_url", "", "AZURE_BLOB: the account."),
        Text(Group, "azure_blob_container_name", "", "AZURE_BLOB: the container."),
        Secret(Group, "azure_blob_connection_string", "AZURE_BLOB: instead of both."),
        Text(Group, "infinia_config_file", "", "INFINIA: configuration file."),
    ];
}
