using System.Collections.Concurrent;
using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>Stands for the code on a device: has nothing but handles and indices, and moves bytes by them.</summary>
internal static class FakeDevice
{
    private static readonly ConcurrentDictionary<nint, InMemoryView> Views = [];
    private static long _lastHandle;

    internal static InMemoryView Load(MemoryViewEntry[] entries, string customParam)
    {
        var view = new InMemoryView((nint)Interlocked.Increment(ref _lastHandle), entries, customParam);
        Views[view.Handle] = view;
        return view;
    }

    internal static void Unload(InMemoryView view) => Views.TryRemove(view.Handle, out _);

    internal static bool Has(nint handle) => Views.ContainsKey(handle);

    internal static InMemoryView Find(nint handle) => Views[handle];

    /// <summary>What <c>nixlPut</c> does in a kernel.</summary>
    internal static unsafe void Put(nint local, int localIndex, nint remote, int remoteIndex)
    {
        var from = Views[local].Entries[localIndex];
        var to = Views[remote].Entries[remoteIndex];
        if (from.Region is not BackendMemory || to.Region is not InMemoryRemoteRegion || from.Range.Length > to.Range.Length)
        {
            throw new InvalidOperationException("a device would fault here");
        }

        Buffer.MemoryCopy((void*)from.Range.Address, (void*)to.Range.Address, to.Range.Length, from.Range.Length);
    }
}
