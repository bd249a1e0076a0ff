using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class KeyStoreTests
{
    [Test]
    public void Keep_GivesEachRunItsOwnBytes([Values(1, 10, 5_000)] int count)
    {
        var random = new Random(1);
        var store = new KeyStore();
        store.Expect(count / 2 + 1); // more come than were announced
        var runs = Enumerable.Range(0, count).Select(_ => new byte[random.Next(1_000) == 0 ? 40_000 : random.Next(100)]).ToList();
        runs.ForEach(random.NextBytes);

        var kept = runs.ConvertAll(run => store.Keep(run));

        kept.Zip(runs).Should().OnlyContain(static pair => pair.First.ToArray().SequenceEqual(pair.Second));
    }

    [Test]
    public void WhatIsWrittenInPieces_IsOneRun_AlsoAcrossItsArrays([Values(1, 100, 511, 513, 20_000)] int piece)
    {
        var store = new KeyStore();
        var first = store.Keep([1, 2, 3]);
        byte[] expected = [.. Enumerable.Range(0, 3 * piece).Select(static i => (byte)i)];
        foreach (var part in expected.Chunk(piece))
        {
            part.CopyTo(store.GetMemory(part.Length));
            store.Advance(part.Length);
        }

        store.Take().ToArray().Should().Equal(expected);
        first.ToArray().Should().Equal(1, 2, 3);
    }

    [Test]
    public void Discard_ForgetsWhatWasNotTaken()
    {
        var store = new KeyStore();
        store.GetSpan(2).Fill(9);
        store.Advance(2);
        store.Discard();

        store.Keep([7]).ToArray().Should().Equal(7);
        store.Take().IsEmpty.Should().BeTrue();
    }

    [Test]
    public void Advance_BeyondWhatIsThere_IsRefused()
    {
        var store = new KeyStore();
        var room = store.GetSpan(1).Length;
        var advance = () => store.Advance(room + 1);
        advance.Should().Throw<ArgumentOutOfRangeException>();
    }
}
