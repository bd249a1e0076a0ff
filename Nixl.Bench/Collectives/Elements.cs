using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Nixl.Bench.Collectives;

/// <summary>Sums over the elements of byte ranges, and a content whose sum over all ranks is known exactly.</summary>
/// <remarks>The content is small whole numbers: every order of summation gives the same floating-point result, so a result is right or wrong, never nearly right.</remarks>
internal static class Elements
{
    // The content repeats after a prime, so that no chunk looks like another.
    private const int Period = 251;

    internal static int Size(ElementKind kind) => kind == ElementKind.Float64 ? sizeof(double) : sizeof(float);

    /// <summary>Adds element by element; <paramref name="to"/> may be either of the others. Vectorised.</summary>
    internal static void Add(ElementKind kind, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> to)
    {
        switch (kind)
        {
            case ElementKind.Float32:
                Add<float>(left, right, to);
                break;
            case ElementKind.Int32:
                Add<int>(left, right, to);
                break;
            default:
                Add<double>(left, right, to);
                break;
        }
    }

    /// <summary>Writes what <paramref name="rank"/> contributes.</summary>
    internal static void Fill(ElementKind kind, Span<byte> bytes, int rank)
    {
        switch (kind)
        {
            case ElementKind.Float32:
                Fill<float>(bytes, rank);
                break;
            case ElementKind.Int32:
                Fill<int>(bytes, rank);
                break;
            default:
                Fill<double>(bytes, rank);
                break;
        }
    }

    /// <summary>Says which element is not the sum of what <paramref name="ranks"/> contribute; null when all are.</summary>
    internal static string? FindWrong(ElementKind kind, ReadOnlySpan<byte> bytes, int ranks) => kind switch
    {
        ElementKind.Float32 => FindWrong<float>(bytes, ranks),
        ElementKind.Int32 => FindWrong<int>(bytes, ranks),
        _ => FindWrong<double>(bytes, ranks),
    };

    /// <summary>Element <paramref name="index"/> of a rank's contribution.</summary>
    internal static int Contribution(int rank, long index) => (int)(((index % Period * 31) + (rank * 17L)) % Period) - (Period / 2) + rank;

    private static void Add<T>(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> to)
        where T : unmanaged, INumber<T>
        => TensorPrimitives.Add(MemoryMarshal.Cast<byte, T>(left), MemoryMarshal.Cast<byte, T>(right), MemoryMarshal.Cast<byte, T>(to));

    private static void Fill<T>(Span<byte> bytes, int rank)
        where T : unmanaged, INumber<T>
    {
        var elements = MemoryMarshal.Cast<byte, T>(bytes);
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = T.CreateChecked(Contribution(rank, i));
        }
    }

    private static string? FindWrong<T>(ReadOnlySpan<byte> bytes, int ranks)
        where T : unmanaged, INumber<T>
    {
        Span<T> sums = stackalloc T[Period];
        for (var i = 0; i < Period; i++)
        {
            var sum = 0;
            for (var rank = 0; rank < ranks; rank++)
            {
                sum += Contribution(rank, i);
            }

            sums[i] = T.CreateChecked(sum);
        }

        var elements = MemoryMarshal.Cast<byte, T>(bytes);
        for (var start = 0; start < elements.Length; start += Period)
        {
            var part = elements[start..Math.Min(start + Period, elements.Length)];
            var same = part.CommonPrefixLength(sums[..part.Length]);
            if (same < part.Length)
            {
                return FormattableString.Invariant($"element {start + same} is {part[same]}, where the sum is {sums[same]}");
            }
        }

        return null;
    }
}
