using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Notifications;

/// <summary>A message that belongs to no transfer, with the memory that libucp reads while it is under way. Pooled; guarded by the worker's lock.</summary>
internal sealed class UcxMessage : IDisposable
{
    private readonly GCHandle _self;

    internal UcxMessage(UcxNotifications owner)
    {
        Owner = owner;
        _self = GCHandle.Alloc(this);
    }

    /// <summary>The pool that it goes back to.</summary>
    internal UcxNotifications Owner { get; }

    /// <summary>The encoded message.</summary>
    internal NativeBuffer Buffer { get; } = new();

    /// <summary>Whom it is for.</summary>
    internal string Peer { get; set; } = "";

    /// <summary>The context for the native callback.</summary>
    internal nint Context => GCHandle.ToIntPtr(_self);

    /// <summary>The message that a callback's context names.</summary>
    internal static UcxMessage FromContext(nint context) => (UcxMessage)GCHandle.FromIntPtr(context).Target!;

    /// <summary>Frees the memory. Only when libucp no longer has it.</summary>
    public void Dispose()
    {
        Buffer.Dispose();
        _self.Free();
    }
}
