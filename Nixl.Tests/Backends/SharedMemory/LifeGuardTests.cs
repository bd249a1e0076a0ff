using FluentAssertions;
using Nixl.Backends.SharedMemory.Interop;
using Nixl.Backends.SharedMemory.Memory;
using Nixl.Backends.SharedMemory.Workers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The word that the kernel marks when the thread that holds it ends, which is what happens to each thread of a process that is killed.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed unsafe class LifeGuardTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private LifePage _life = null!;

    [SetUp]
    public void CreatePage() => _life = LifePage.Create(out _)!;

    [TearDown]
    public void FreePage() => _life.Dispose();

    [Test]
    public void ThreadThatEndsWithoutClosing_IsMarked()
    {
        LifeGuard? guard = null;

        RunThread(life => guard = new LifeGuard(life.Life)); // never closed: the kernel looks at its memory when the thread ends

        guard!.IsGuarded.Should().BeTrue();
        (Volatile.Read(ref *_life.Life) & LibcConstants.FUTEX_OWNER_DIED).Should().NotBe(0);
    }

    [Test]
    public void GuardThatIsClosed_SaysSo_AndLeavesNoMark()
    {
        RunThread(static life => new LifeGuard(life.Life).Dispose());

        (*_life.Life).Should().Be(0);
    }

    /// <summary>Runs something on a thread of its own and waits until the kernel has ended that thread, which is later than what Join waits for.</summary>
    private void RunThread(Action<LifePage> action)
    {
        var id = 0;
        var thread = new Thread(() =>
        {
            id = (int)Libc.syscall(SyscallNumbers.gettid, 0, 0, 0);
            action(_life);
        });
        thread.Start();
        thread.Join(Limit).Should().BeTrue();
        SpinWait.SpinUntil(() => !Directory.Exists($"/proc/self/task/{id}"), Limit).Should().BeTrue();
    }
}
