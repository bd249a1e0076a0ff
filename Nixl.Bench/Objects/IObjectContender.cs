namespace Nixl.Bench.Objects;

/// <summary>One way to move an object.</summary>
internal interface IObjectContender : IDisposable
{
    /// <summary>Its name in the report.</summary>
    string Name { get; }

    /// <summary>Whether it writes, too.</summary>
    bool Writes { get; }

    /// <summary>Reads the object to its memory.</summary>
    Task ReadAsync(string key, CancellationToken cancellation);

    /// <summary>Writes its memory to the object.</summary>
    Task WriteAsync(string key, CancellationToken cancellation);

    /// <summary>Its memory has its content now; before the first write.</summary>
    void Prepare();

    /// <summary>Its memory, to be filled and compared.</summary>
    Span<byte> Content { get; }
}
