using System.Runtime.InteropServices;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Workers;

/// <summary>Makes the kernel mark a word in shared memory when this thread ends, however it ends: the word is entered as a robust futex that the thread holds.</summary>
/// <remarks>
/// The list of entries lies in this process's own memory, where peers cannot reach it; only the word itself is shared, at a fixed distance from its entry. The C
/// library's list, which the thread had before, is put back at the end. Created and disposed on one thread.
/// </remarks>
internal sealed unsafe class LifeGuard : IDisposable
{
    private readonly int* _word;
    private readonly robust_list_head* _head;
    private readonly robust_list_head* _before;

    internal LifeGuard(int* word)
    {
        _word = word;
        _head = (robust_list_head*)NativeMemory.AllocZeroed((nuint)(sizeof(robust_list_head) + sizeof(robust_list)));
        var entry = (robust_list*)(_head + 1);
        _head->list.next = entry;
        entry->next = &_head->list;
        _head->futex_offset = (nint)word - (nint)entry;

        Volatile.Write(ref *word, (int)Libc.syscall(SyscallNumbers.gettid, 0, 0, 0));
        robust_list_head* before;
        nuint length;
        if (Libc.syscall(SyscallNumbers.get_robust_list, 0, (nint)(&before), (nint)(&length)) == 0)
        {
            _before = before;
        }

        IsGuarded = Libc.syscall(SyscallNumbers.set_robust_list, (nint)_head, sizeof(robust_list_head), 0) == 0;
    }

    /// <summary>Whether the kernel does it; otherwise peers learn of an end from the socket and the process's descriptor, when its memory is taken down.</summary>
    internal bool IsGuarded { get; }

    /// <summary>Says that the engine has closed in order.</summary>
    public void Dispose()
    {
        Volatile.Write(ref *_word, 0);
        _head->list.next = &_head->list;
        if (IsGuarded && Libc.syscall(SyscallNumbers.set_robust_list, (nint)_before, sizeof(robust_list_head), 0) != 0)
        {
            return; // the kernel still looks at it when the thread ends
        }

        NativeMemory.Free(_head);
    }
}
