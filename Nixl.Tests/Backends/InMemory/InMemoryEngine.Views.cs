using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <content>Views for the fake device.</content>
internal sealed partial class InMemoryEngine : IMemoryViewEngine
{
    public NixlStatus PrepMemView(
        MemoryType type, IReadOnlyList<MemoryViewEntry> entries, string customParam, out BackendMemoryView? view, out BackendFault fault)
    {
        RequireOpen(nameof(PrepMemView));
        view = null;
        fault = default;
        for (var i = 0; i < entries.Count; i++)
        {
            Watch.Require(entries[i].Region is null || entries[i].Region!.Range.Contains(entries[i].Range), "PrepMemView of a range outside its region");
        }

        if (customParam == "fail=1")
        {
            fault = new BackendFault(7, 1);
            return NixlStatus.BackendError;
        }

        view = FakeDevice.Load([.. entries], customParam);
        return NixlStatus.Success;
    }

    public void ReleaseMemView(BackendMemoryView view)
    {
        RequireOpen(nameof(ReleaseMemView));
        var loaded = (InMemoryView)view;
        Watch.Require(loaded.TryRelease(), "ReleaseMemView twice");
        foreach (var entry in loaded.Entries)
        {
            Watch.Require(entry.Region is not InMemoryRegion { IsGone: true } and not InMemoryRemoteRegion { IsUnloaded: true }, "memory given back before its view");
        }

        FakeDevice.Unload(loaded);
    }
}
