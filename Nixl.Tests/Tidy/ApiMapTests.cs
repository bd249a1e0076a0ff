using System.Reflection;
using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Tidy;

/// <summary><c>docs/api-map.md</c> against the API and against the calls of NIXL's other agents.</summary>
public sealed partial class ApiMapTests
{
    private const string Page = "docs/api-map.md";
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // Upstream's nixlAgent at 1.4, and its Python agent: the calls that a user can make.
    private static readonly string[] OtherAgentsCalls =
    [
        "getAvailPlugins", "getPluginParams", "getBackendParams", "createBackend", "queryMem", "registerMem", "deregisterMem", "makeConnection", "prepXferDlist",
        "makeXferReq", "createXferReq", "estimateXferCost", "postXferReq", "getXferStatus", "getXferTelemetry", "queryXferBackend", "releaseXferReq",
        "releasedDlistH", "getNotifs", "genNotif", "getLocalMD", "getLocalPartialMD", "loadRemoteMD", "invalidateRemoteMD", "sendLocalMD", "sendLocalPartialMD",
        "fetchRemoteMD", "invalidateLocalMD", "checkRemoteMD", "prepMemView", "releaseMemView",
        "register_memory", "deregister_memory", "get_reg_descs", "get_xfer_descs", "get_serialized_descs", "deserialize_descs", "get_agent_metadata",
        "get_partial_agent_metadata", "add_remote_agent", "remove_remote_agent", "send_local_metadata", "send_partial_agent_metadata", "fetch_remote_metadata",
        "invalidate_local_metadata", "check_remote_metadata", "make_connection", "initialize_xfer", "prep_xfer_dlist", "make_prepped_xfer", "transfer",
        "check_xfer_state", "query_xfer_backend", "estimate_xfer_cost", "get_xfer_telemetry", "release_xfer_handle", "release_dlist_handle", "get_new_notifs",
        "update_notifs", "send_notif", "check_remote_xfer_done", "create_backend", "get_plugin_list", "query_memory", "create_transfer_request",
        "post_transfer_request", "get_transfer_status", "get_local_metadata", "load_remote_metadata", "invalidate_remote_agent",

        // The C++ program of the guide.
        "nixl::Agent", "nixl::AgentConfig", "nixl::MemDescriptor", "nixl::MemType", "nixl::OpType", "nixl::XferState", "registerMemory", "prepareTransfer",
        "postTransfer", "checkTransfer", "releaseTransfer", "deregisterMemory",
    ];

    private static readonly Dictionary<string, Type> PublicTypes = typeof(NixlAgent).Assembly.GetExportedTypes()
        .Where(static type => !type.IsGenericTypeDefinition && !type.IsNested).ToDictionary(static type => type.Name);

    private static readonly string Text = Repository.ReadText(Page);

    [Test]
    public void EveryNameOfOurs_Exists()
    {
        var names = OurNames().ToList();

        names.Should().HaveCountGreaterThan(70);
        names.Where(static name => !Exists(name)).Should().BeEmpty("{0} must not go stale", Page);
    }

    [Test]
    public void EveryPublicCall_IsOnThePage()
    {
        Type[] types = [typeof(NixlAgent), typeof(Transfer), typeof(PreparedDescriptors), typeof(MemoryLease), typeof(MemoryView)];
        var onThePage = OurNames().ToHashSet();

        types.SelectMany(static type => type.GetMethods(Own).Where(static method => !method.IsSpecialName).Select(method => $"{type.Name}.{method.Name}"))
            .Distinct()
            .Where(call => !onThePage.Contains(call))
            .Should().BeEmpty("{0} lists every call", Page);
    }

    [TestCaseSource(nameof(OtherAgentsCalls))]
    public void EveryCallOfOtherAgents_IsOnThePage(string call) => Text.Should().MatchRegex($@"`{call}\b");

    [Test]
    public void ANameThatIsGone_IsNoticed()
    {
        Exists("NixlAgent.NoSuchCall").Should().BeFalse();
        Exists("NoSuchType").Should().BeFalse();
    }

    /// <summary>The backticked names of the last column that stands for this API; of the last section, of the first.</summary>
    private static IEnumerable<string> OurNames()
    {
        var rows = Text.Split('\n').Where(static line => line.StartsWith('|')).Select(static line => line.Trim().Trim('|').Split('|'));
        return rows.SelectMany(static cells => NamePattern().Matches(cells.Length == 2 ? cells[0] : cells[^1])).Select(static match => match.Groups["name"].Value)
            .Where(static name => name != "NIXL_INIT_AGENT");
    }

    private static bool Exists(string name)
    {
        var parts = name.Split('.');
        return PublicTypes.TryGetValue(parts[0], out var type) && (parts.Length == 1 || type.GetMember(parts[1], Own).Length > 0);
    }

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z_.]*)`")]
    private static partial Regex NamePattern();
}
