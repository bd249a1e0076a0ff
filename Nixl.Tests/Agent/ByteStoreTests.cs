using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class ByteStoreTests
{
    [Test]
    public void Keep_GivesEachRunItsOwnBytes([Values(1, 10, 5_000)] int count)
    {
        var random = new Random(1);
        var store = new ByteStore(count / 2 + 1); // more come than were announced
        var runs = Enumerable.Range(0, count).Select(_ => new byte[random.Next(1_000) == 0 ? 40_000 : random.Next(100)]).ToList();
        runs.ForEach(random.NextBytes);

        var kept = runs.ConvertAll(run => store.Keep(run));

        kept.Zip(runs).Should().OnlyContain(static pair => pair.First.ToArray().SequenceEqual(pair.Second));
    }
}
