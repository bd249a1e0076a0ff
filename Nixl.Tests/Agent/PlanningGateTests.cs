using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class PlanningGateTests
{
    [Test]
    public void Wait_WithoutPlanners_ReturnsAtOnce()
    {
        var gate = new PlanningGate();
        gate.WaitForPlanners();
        gate.Leave(gate.Enter());
        gate.WaitForPlanners();
    }

    [Test]
    public async Task Wait_EndsWhenThePlannersOfBeforeHaveLeft_NotTheLaterOnes()
    {
        var gate = new PlanningGate();
        var before = gate.Enter();
        var waiting = Task.Factory.StartNew(gate.WaitForPlanners, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        int later;
        SpinWait.SpinUntil(
            () =>
            {
                // The wait has begun when newcomers get the other parity.
                later = gate.Enter();
                if (later != before)
                {
                    return true;
                }

                gate.Leave(later);
                return false;
            },
            TimeSpan.FromSeconds(10)).Should().BeTrue();

        waiting.IsCompleted.Should().BeFalse();
        gate.Leave(before);
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
