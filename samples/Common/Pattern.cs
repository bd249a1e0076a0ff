namespace Nixl.Samples;

/// <summary>Bytes that a receiver can foretell, different for each seed and at each position.</summary>
internal static class Pattern
{
    public static void Fill(Span<byte> memory, int seed)
    {
        for (var i = 0; i < memory.Length; i++)
        {
            memory[i] = ByteAt(i, seed);
        }
    }

    /// <exception cref="SampleException">A byte is not the foretold one.</exception>
    public static void Verify(ReadOnlySpan<byte> memory, int seed)
    {
        for (var i = 0; i < memory.Length; i++)
        {
            if (memory[i] != ByteAt(i, seed))
            {
                throw new SampleException($"byte {i} of {memory.Length} is {memory[i]}, expected {ByteAt(i, seed)}");
            }
        }
    }

    // Multiplying by Knuth's constant and taking the top bits: neither shifted nor swapped blocks look right.
    private static byte ByteAt(int position, int seed) => (byte)(unchecked((uint)(position + (seed * 65_537)) * 2_654_435_761u) >> 24);
}
