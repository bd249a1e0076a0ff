namespace Nixl.Bench.Options;

/// <summary>What an option's value is.</summary>
internal enum OptionKind
{
    /// <summary>Anything.</summary>
    Text,

    /// <summary>One of some words, whatever their case.</summary>
    Choice,

    /// <summary>True or false; the name alone is true, with <c>no</c> before it false.</summary>
    Flag,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A number of bytes, with or without a unit.</summary>
    Size,

    /// <summary>Several sizes, separated by commas.</summary>
    Sizes,

    /// <summary>Anything, several times.</summary>
    Texts,
}
