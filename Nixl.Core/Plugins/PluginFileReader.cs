using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Nixl.Backends;
using Nixl.Discovery;

namespace Nixl.Plugins;

/// <summary>Looks into a file that may be a plugin. Loads nothing and runs nothing of it; never throws for what the file contains.</summary>
internal static class PluginFileReader
{
    private const int NameCharsMax = 64;

    /// <summary>Reads what <paramref name="path"/> says about itself.</summary>
    public static PluginPeek Read(string path)
    {
        try
        {
            // Opening a FIFO would wait for a writer. Everything that is no regular file has the length 0, and so has nothing to read.
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
            if (target is not FileInfo { Exists: true, Length: > 0 })
            {
                return PluginPeek.Refuse("It is empty or no regular file.", "Remove it, or copy the plugin again.");
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return ReadOpen(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return PluginPeek.Refuse($"It cannot be read: {e.Message}", "Make it readable for the user that the process runs as, or remove it.");
        }
    }

    private static PluginPeek ReadOpen(FileStream file)
    {
        Span<byte> magic = stackalloc byte[4];
        magic = magic[..file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        if (magic.StartsWith("\u007fELF"u8))
        {
            return PluginPeek.Refuse("It is a native library, not a .NET assembly.", "Remove it, or give a native library its own extension (.so).");
        }

        if (!magic.StartsWith("MZ"u8))
        {
            return PluginPeek.Refuse("It is no assembly: it does not begin as one.", "Remove it, or copy the plugin again; the copy may have replaced it by text.");
        }

        try
        {
            using var image = new PEReader(file, PEStreamOptions.LeaveOpen);
            return image.HasMetadata
                ? ReadMetadata(image.GetMetadataReader())
                : PluginPeek.Refuse("It is a native library, not a .NET assembly.", "Remove it, or place it under runtimes/<rid>/native of the plugin's folder.");
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or ArgumentException or OverflowException)
        {
            return PluginPeek.Refuse($"It is a damaged or truncated assembly: {e.Message}", "Copy the plugin again.");
        }
    }

    private static PluginPeek ReadMetadata(MetadataReader reader)
    {
        if (!reader.IsAssembly)
        {
            return default;
        }

        var assembly = reader.GetAssemblyDefinition();
        var attribute = AttributeReader.Find(reader, assembly.GetCustomAttributes(), typeof(NixlBackendContractAttribute));
        if (attribute.IsNil)
        {
            return ReadWithoutContract(reader);
        }

        if (CheckIdentity(reader, attribute) is { } foreign)
        {
            return new PluginPeek(null, foreign);
        }

        var moduleId = reader.GetGuid(reader.GetModuleDefinition().Mvid);
        var manifest = new PluginManifest(assembly.Version, moduleId, AttributeReader.ReadContract(reader, attribute), []);
        if (ContractRule.Check(manifest.Contract, ContractRule.Current) is { } refusal)
        {
            return new PluginPeek(manifest, refusal);
        }

        manifest = manifest with { Exports = ReadExports(reader), Stores = ReadStores(reader) };
        return new PluginPeek(manifest, CheckExports(manifest));
    }

    /// <summary>An assembly that exports a backend and states no contract is a plugin whose author forgot it, and no helper.</summary>
    private static PluginPeek ReadWithoutContract(MetadataReader reader)
        => Refers(reader) && ReadExports(reader).Select(static export => $"backend '{export.Name}'").Concat(ReadStores(reader).Select(static store => $"metadata store '{store.Name}'"))
            .FirstOrDefault() is { } export
            ? PluginPeek.Refuse(
                $"It exports the {export} but does not state for which contract it was built.",
                "Add [assembly: NixlBackendContract(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor)] to the plugin.")
            : default;

    /// <summary>Whether the assembly names the contract's at all. A plugin's own libraries do not, and some have thousands of types to look through otherwise.</summary>
    private static bool Refers(MetadataReader reader)
        => reader.AssemblyReferences.Any(handle => reader.StringComparer.Equals(reader.GetAssemblyReference(handle).Name, ContractRule.AssemblyName));

    private static List<BackendMetadata> ReadExports(MetadataReader reader)
    {
        var exports = new List<BackendMetadata>();
        foreach (var handle in reader.TypeDefinitions)
        {
            var attribute = AttributeReader.Find(reader, reader.GetTypeDefinition(handle).GetCustomAttributes(), typeof(ExportBackendAttribute));
            if (!attribute.IsNil && AttributeReader.DeclaringAssembly(reader, attribute) == ContractRule.AssemblyName)
            {
                exports.Add(AttributeReader.ReadExport(reader, attribute));
            }
        }

        return exports;
    }

    private static List<MetadataStoreMetadata> ReadStores(MetadataReader reader)
    {
        var stores = new List<MetadataStoreMetadata>();
        foreach (var handle in reader.TypeDefinitions)
        {
            var attribute = AttributeReader.Find(reader, reader.GetTypeDefinition(handle).GetCustomAttributes(), typeof(ExportMetadataStoreAttribute));
            if (!attribute.IsNil && AttributeReader.DeclaringAssembly(reader, attribute) == ContractRule.AssemblyName)
            {
                stores.Add(AttributeReader.ReadStore(reader, attribute));
            }
        }

        return stores;
    }

    /// <summary>Types are the same only when the same assembly declares them: a plugin with a compiled-in contract would load and export nothing.</summary>
    private static PluginRefusal? CheckIdentity(MetadataReader reader, CustomAttributeHandle attribute)
    {
        var declaring = AttributeReader.DeclaringAssembly(reader, attribute);
        return declaring == ContractRule.AssemblyName
            ? null
            : new PluginRefusal(
                $"It carries its own copy of the contract (in {declaring ?? "the plugin itself"}), so that its engines are not engines to this host.",
                $"Build the plugin against the package {ContractRule.AssemblyName} instead of its sources, and do not merge it into the plugin.");
    }

    private static PluginRefusal? CheckExports(PluginManifest manifest)
    {
        if (manifest.Exports.Count == 0 && manifest.Stores.Count == 0)
        {
            return new PluginRefusal("It states a contract version but exports no backend.", "Mark the engine's class with [ExportBackend(\"NAME\", …)].");
        }

        if (manifest.Stores.FirstOrDefault(store => !IsName(store.Name)) is { } badStore)
        {
            return new PluginRefusal(
                $"It exports a metadata store with the impossible name '{badStore.Name}'.", $"A name has 1 to {NameCharsMax} letters, digits, '_', '-' or '.'.");
        }

        return manifest.Exports.FirstOrDefault(e => !IsName(e.Name)) is { } bad
            ? new PluginRefusal(
                $"It exports a backend with the impossible name '{bad.Name}'.",
                $"A name has 1 to {NameCharsMax} letters, digits, '_', '-' or '.'.")
            : null;
    }

    private static bool IsName(string name)
        => name.Length is > 0 and <= NameCharsMax && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
