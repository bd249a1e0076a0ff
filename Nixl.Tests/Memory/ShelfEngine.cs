using Nixl.Backends;
using Nixl.Tests.Fixtures;

namespace Nixl.Tests.Memory;

/// <summary>An engine that registers every type of memory and moves nothing: for what registering alone does.</summary>
[ExportBackend("SHELF", MemoryTypes.Dram | MemoryTypes.Vram | MemoryTypes.Block | MemoryTypes.Object | MemoryTypes.File, Description = "Registers; for tests.")]
internal sealed class ShelfEngine : IdleEngine
{
    public override BackendCapabilities Capabilities { get; } = new(
        MemoryTypes.Dram | MemoryTypes.Vram | MemoryTypes.Block | MemoryTypes.Object | MemoryTypes.File, BackendLocality.SameProcess);

    /// <summary>An agent with this engine only.</summary>
    internal static NixlAgent CreateAgent(string? refuse = null)
    {
        var options = new NixlAgentOptions { Progress = ProgressMode.Manual };
        options.Backends.Add<ShelfEngine>(refuse is null ? [] : [("refuse", refuse)]);
        return new NixlAgent($"shelf-{Guid.NewGuid():N}", options);
    }

    private bool _refuses;

    public override NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        _refuses = context.Parameters.GetString("refuse").Length > 0;
        return base.Initialize(context, out fault);
    }

    public override NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        fault = default;
        memory = _refuses ? null : new Shelf(region);
        return _refuses ? NixlStatus.BackendError : NixlStatus.Success;
    }

    public override NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        return NixlStatus.Success;
    }

    private sealed class Shelf(in MemoryRegion region) : BackendMemory(region);
}
