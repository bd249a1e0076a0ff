namespace Nixl.Bench.Transfers;

/// <summary>How devices are spread over processes.</summary>
internal enum DeviceMode
{
    /// <summary>Upstream's SG: one process per device.</summary>
    OnePerProcess,

    /// <summary>Upstream's MG: one process for all initiators' devices and one for all targets'.</summary>
    AllInOne,
}
