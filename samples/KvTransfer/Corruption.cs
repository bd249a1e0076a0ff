namespace Nixl.Samples.KvTransfer;

/// <summary>What prefill does wrong on purpose, to show that the verification finds it.</summary>
internal enum Corruption
{
    None,

    /// <summary>The page tables name the prompt's first two pages the wrong way round.</summary>
    Swap,

    /// <summary>One bit of the last page is wrong.</summary>
    Flip,

    /// <summary>The last page keeps the first generation's content.</summary>
    Stale,
}
