namespace Nixl.Bench.KvCache;

/// <summary>What of a model decides the size of its cache.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Layers">Layers with attention.</param>
/// <param name="KeyValueHeads">Heads that keep keys and values: fewer than query heads with grouped queries. 0 with latent attention (MLA).</param>
/// <param name="HeadDimension">Elements of a head's key, and of its value.</param>
/// <param name="LatentDimension">With latent attention: elements of the one vector that keys and values are made of, its rotary part included.</param>
internal sealed record ModelGeometry(string Name, int Layers, int KeyValueHeads, int HeadDimension, int LatentDimension)
{
    private const int PartMax = 1 << 20;

    /// <summary>Whether one latent vector per token takes the place of keys and values.</summary>
    internal bool IsLatent => LatentDimension > 0;

    /// <summary>Elements per token and layer.</summary>
    internal long ElementsPerToken => IsLatent ? LatentDimension : 2L * KeyValueHeads * HeadDimension;

    /// <summary>Keys and values of <paramref name="heads"/> heads.</summary>
    internal static ModelGeometry Grouped(string name, int layers, int heads, int dimension) => new(name, layers, heads, dimension, 0);

    /// <summary>A latent vector with its rotary part.</summary>
    internal static ModelGeometry Latent(string name, int layers, int latent, int rotary) => new(name, layers, 0, 0, checked(latent + rotary));

    /// <exception cref="BenchmarkException">Says what cannot be.</exception>
    internal ModelGeometry Check()
    {
        Require(Layers, "layers");
        if (IsLatent)
        {
            Require(LatentDimension, "elements of its latent vector");
        }
        else
        {
            Require(KeyValueHeads, "heads of keys and values");
            Require(HeadDimension, "elements of a head");
        }

        return this;
    }

    private void Require(int value, string what)
    {
        if (value is < 1 or > PartMax)
        {
            throw new BenchmarkException($"The model {Name} cannot have {value} {what}: 1 to {PartMax} can be.");
        }
    }
}
