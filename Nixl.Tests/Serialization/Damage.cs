namespace Nixl.Tests.Serialization;

/// <summary>Ways to damage bytes, the same in every run for the same generator.</summary>
internal static class Damage
{
    /// <summary>A copy with one to four changed bytes.</summary>
    internal static byte[] Flip(ReadOnlySpan<byte> original, Random random)
    {
        var copy = original.ToArray();
        for (var flips = random.Next(1, 5); flips > 0; flips--)
        {
            copy[random.Next(copy.Length)] ^= (byte)random.Next(1, 256);
        }

        return copy;
    }
}
