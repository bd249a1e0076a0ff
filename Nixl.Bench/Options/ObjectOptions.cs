using static Nixl.Bench.Options.OptionTable;

namespace Nixl.Bench.Options;

/// <summary>Upstream's options about S3. Empty ones leave it to the backend and to the environment.</summary>
internal static class ObjectOptions
{
    private const string Group = "Objects";

    internal static IReadOnlyList<BenchOption> All { get; } =
    [
        Secret(Group, "obj_access_key", "Access key; by default the SDK's chain (environment, profiles, roles)."),
        Secret(Group, "obj_secret_key", "Secret key."),
        Secret(Group, "obj_session_token", "Session token."),
        Text(Group, "obj_bucket_name", "nixlbench-bucket", "The bucket."),
        Choice(Group, "obj_scheme", "http", "For endpoints without a scheme.", "http", "https"),
        Text(Group, "obj_region", "eu-central-1", "The region."),
        Flag(Group, "obj_use_virtual_addressing", false, "The bucket in the host name."),
        Text(Group, "obj_endpoint_override", "", "The store; by default AWS_ENDPOINT_OVERRIDE, else AWS."),
        Choice(Group, "obj_req_checksum", "supported", "The SDK's checksum: added where the store supports it, or only where it must be.", "supported", "required"),
        Text(Group, "obj_ca_bundle", "", "A PEM file with the authorities to trust."),
        Size(Group, "obj_crt_min_limit", "0", "Accepted: parallel parts serve objects of any size here. Changes nothing, and the backend's log says so.", 0),
        Flag(Group, "obj_accelerated_enable", false, "A vendor's GPU-direct client; refused, with the reason, where its library is missing."),
        Text(Group, "obj_accelerated_type", "", "Which vendor's."),
        Number(Group, "num_objects", "1", "Sets of objects that take turns: each iteration uses the next. (Ours.)", 1, 1 << 20),
        Flag(Group, "local_store", false, "Starts a radosgw of its own on loopback, with everything in memory, and makes the bucket in it. (Ours.)"),
    ];
}
