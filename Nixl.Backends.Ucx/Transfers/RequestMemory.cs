using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Transfers;

/// <summary>What libucp keeps of an operation while it is under way, lent to it (<c>UCP_OP_ATTR_FIELD_REQUEST</c>): with memory of its own each completion would have to call
/// libucp to give it back.</summary>
/// <remarks>Of one worker and used under its lock. What came back last goes out first, so that few of them are used again and again. It grows with what is under way and
/// is freed after the worker, which may end with operations under way.</remarks>
/// <param name="bytes">What libucp needs for each (<c>request_size</c> of <c>ucp_context_query</c>).</param>
internal sealed unsafe class RequestMemory(int bytes) : IDisposable
{
    private const int Alignment = 64; // of a cache line, which is at least that of the struct
    private const int Portion = 32;

    private readonly int _stride = (bytes + sizeof(void*) + Alignment - 1) & ~(Alignment - 1);
    private readonly List<nint> _portions = [];
    private void* _free; // the first of a list; the next one's address lies where libucp puts nothing

    /// <summary>The end of the memory for one operation, which is what libucp takes as its <c>request</c>.</summary>
    internal void* Take()
    {
        if (_free is null)
        {
            Grow();
        }

        var taken = _free;
        _free = *(void**)taken;
        return taken;
    }

    /// <summary>Gives one back that libucp has done with.</summary>
    internal void Return(void* taken)
    {
        *(void**)taken = _free;
        _free = taken;
    }

    /// <summary>Frees everything; only after the worker is destroyed.</summary>
    public void Dispose()
    {
        foreach (var portion in _portions)
        {
            NativeMemory.AlignedFree((void*)portion);
        }

        _portions.Clear();
        _free = null;
    }

    private void Grow()
    {
        var portion = (byte*)NativeMemory.AlignedAlloc((nuint)(Portion * _stride), Alignment);
        NativeMemory.Clear(portion, (nuint)(Portion * _stride));
        _portions.Add((nint)portion);
        for (var i = 0; i < Portion; i++)
        {
            Return(portion + (i * _stride) + bytes);
        }
    }
}
