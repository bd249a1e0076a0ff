using System.Buffers;
using System.Numerics.Tensors;
using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

public sealed class TensorBufferTests
{
    [Test]
    public async Task RegisteredTensor_MovesItsElements()
    {
        using var world = new World(new InMemoryHarness());
        var tensor = Tensor.Create(Enumerable.Range(0, 24).Select(static i => (float)i).ToArray(), [4, 6]);
        var copy = Tensor.Create(new float[24], [4, 6]);
        using var local = world.Initiator.Register(tensor);
        using var remote = world.Target.Register(copy);
        World.Introduce(world.Initiator, world.Target);

        await world.Initiator.TransferAsync(TransferOperation.Write, local.ToDescriptors(), remote.ToDescriptors(), world.Target.Name);

        local.Descriptors[0].Length.Should().Be(24 * sizeof(float));
        copy.ToArray().Should().Equal(tensor.ToArray());
    }

    [Test]
    public void Register_RowsOfATensor_IsThatPartOfIt()
    {
        using var agent = ShelfEngine.CreateAgent();
        var tensor = Tensor.Create(new int[24], [4, 6]);

        using var whole = agent.Register(tensor);
        using var rows = agent.Register(tensor.Slice([1..3, Range.All]));

        rows.Descriptors.Should().Equal(whole.Slice(6 * sizeof(int), 12 * sizeof(int)));
    }

    [Test]
    public void Register_ColumnsOfATensor_IsRefusedBecauseOfTheGaps()
    {
        using var agent = ShelfEngine.CreateAgent();
        var columns = Tensor.Create(new int[24], [4, 6]).Slice([Range.All, 1..3]);

        var refused = agent.Invoking(a => a.Register(columns)).Should().Throw<NixlException>().Which;

        refused.Status.Should().Be(NixlStatus.InvalidParam);
        refused.Detail.Should().Contain("[4, 2]").And.Contain("[6, 1]").And.Contain("not contiguous");
        refused.Hint.Should().Contain("ToDenseTensor");
        agent.Register(columns.ToDenseTensor()).Descriptors[0].Length.Should().Be(8 * sizeof(int));
    }

    [Test]
    public void Register_ABroadcastTensor_IsRefused_BecauseItHasFewerElementsInMemory()
    {
        using var agent = ShelfEngine.CreateAgent();
        var repeated = Tensor.Create(new int[3], 0, [2, 3], [0, 1]);

        agent.Invoking(a => a.Register(repeated)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void Register_SeveralTensors_NamesTheOneThatIsRefused()
    {
        using var agent = ShelfEngine.CreateAgent();
        var good = Tensor.Create(new int[6], [2, 3]);
        var bad = good.Slice([Range.All, 0..2]);

        agent.Register<int>([good, good]).Descriptors.Should().HaveCount(2);
        agent.Invoking(a => a.Register<int>([good, bad])).Should().Throw<NixlException>().Which.DescriptorIndex.Should().Be(1);
        agent.Invoking(a => a.Register<int>([good, Tensor<int>.Empty])).Should().Throw<NixlException>().Which.Detail.Should().Contain("empty");
    }
}
