namespace Nixl.Discovery;

/// <summary>A store that agents share. A class exports itself with <see cref="ExportMetadataStoreAttribute"/> and is found as backends are; one that can also tell who is
/// there implements <see cref="IMetadataDirectory"/>, too.</summary>
/// <remarks>One object per agent. The constructor does nothing.</remarks>
public interface IMetadataStore : IMetadataExchange
{
    /// <summary>Reads the settings. Connects to nobody: a store that is down when an agent starts may be up later.</summary>
    /// <exception cref="NixlException">InvalidParam: a setting is missing or wrong.</exception>
    void Initialize(MetadataStoreContext context);
}
