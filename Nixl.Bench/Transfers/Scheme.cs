namespace Nixl.Bench.Transfers;

/// <summary>Which device of the initiators works with which device of the targets.</summary>
internal enum Scheme
{
    /// <summary>The first with the first, the second with the second, and so on.</summary>
    Pairwise,

    /// <summary>All initiators with one target.</summary>
    ManyToOne,

    /// <summary>One initiator with all targets.</summary>
    OneToMany,

    /// <summary>Tensor parallel: each device of the smaller side with its equal share of the larger side.</summary>
    TensorParallel,
}
