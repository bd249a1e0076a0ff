using System.Reflection.Metadata;
using Nixl.Backends;
using Nixl.Discovery;

namespace Nixl.Plugins;

/// <summary>Reads the two attributes of the contract out of assembly metadata.</summary>
/// <remarks>The blobs come from a file that anybody may have written. They are read field by field instead of with the general decoder, which believes
/// array lengths; every read is bounds-checked and ends in <see cref="BadImageFormatException"/>. The layout is that of ECMA-335 II.23.3.</remarks>
internal static class AttributeReader
{
    private const ushort Prolog = 1;
    private const byte FieldArgument = 0x53;
    private const byte PropertyArgument = 0x54;

    /// <summary>The attribute among <paramref name="attributes"/> whose type has that namespace and name, whoever declares it; default when there is none.</summary>
    public static CustomAttributeHandle Find(MetadataReader reader, CustomAttributeHandleCollection attributes, Type type)
    {
        foreach (var handle in attributes)
        {
            if (IsNamed(reader, DeclaringType(reader, handle), type))
            {
                return handle;
            }
        }

        return default;
    }

    /// <summary>The assembly that declares the type of an attribute, or null when the file declares it itself.</summary>
    public static string? DeclaringAssembly(MetadataReader reader, CustomAttributeHandle attribute)
    {
        var type = DeclaringType(reader, attribute);
        if (type.Kind != HandleKind.TypeReference)
        {
            return null;
        }

        var scope = reader.GetTypeReference((TypeReferenceHandle)type).ResolutionScope;
        return scope.Kind == HandleKind.AssemblyReference
            ? reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name)
            : null;
    }

    /// <summary>The two numbers of a <see cref="NixlBackendContractAttribute"/>.</summary>
    public static Version ReadContract(MetadataReader reader, CustomAttributeHandle attribute)
    {
        var blob = OpenValue(reader, attribute);
        var major = blob.ReadInt32();
        var minor = blob.ReadInt32();
        return major >= 0 && minor >= 0 ? new Version(major, minor) : throw new BadImageFormatException("The contract version is negative.");
    }

    /// <summary>The values of an <see cref="ExportBackendAttribute"/>.</summary>
    public static BackendMetadata ReadExport(MetadataReader reader, CustomAttributeHandle attribute)
    {
        var blob = OpenValue(reader, attribute);
        var export = new BackendMetadata { Name = blob.ReadSerializedString() ?? "", MemoryTypes = (MemoryTypes)blob.ReadInt32() };
        var count = blob.ReadUInt16();
        for (var i = 0; i < count; i++)
        {
            ReadNamedArgument(ref blob, export);
        }

        return export;
    }

    /// <summary>The values of an <see cref="ExportMetadataStoreAttribute"/>.</summary>
    public static MetadataStoreMetadata ReadStore(MetadataReader reader, CustomAttributeHandle attribute)
    {
        var blob = OpenValue(reader, attribute);
        var store = new MetadataStoreMetadata { Name = blob.ReadSerializedString() ?? "" };
        var count = blob.ReadUInt16();
        for (var i = 0; i < count; i++)
        {
            switch (ReadNamedValue(ref blob))
            {
                case (nameof(MetadataStoreMetadata.EndpointVariable), string variable):
                    store.EndpointVariable = variable;
                    break;
                case (nameof(MetadataStoreMetadata.VariablePrefix), string prefix):
                    store.VariablePrefix = prefix;
                    break;
                case (nameof(MetadataStoreMetadata.Description), string description):
                    store.Description = description;
                    break;
            }
        }

        return store;
    }

    private static (string? Name, object Value) ReadNamedValue(ref BlobReader blob)
    {
        if (blob.ReadByte() is not (FieldArgument or PropertyArgument))
        {
            throw new BadImageFormatException("An attribute value is damaged.");
        }

        var type = blob.ReadSerializationTypeCode();
        var name = blob.ReadSerializedString();
        return (name, type switch
        {
            SerializationTypeCode.Boolean => blob.ReadBoolean(),
            SerializationTypeCode.String => blob.ReadSerializedString() ?? "",
            SerializationTypeCode.Int32 => blob.ReadInt32(),
            _ => throw new BadImageFormatException($"An attribute value has the unexpected type {type}."),
        });
    }

    private static void ReadNamedArgument(ref BlobReader blob, BackendMetadata export)
    {
        switch (ReadNamedValue(ref blob))
        {
            case (nameof(BackendMetadata.SupportsLocal), bool local):
                export.SupportsLocal = local;
                break;
            case (nameof(BackendMetadata.SupportsRemote), bool remote):
                export.SupportsRemote = remote;
                break;
            case (nameof(BackendMetadata.SupportsNotifications), bool notifications):
                export.SupportsNotifications = notifications;
                break;
            case (nameof(BackendMetadata.IsDefault), bool isDefault):
                export.IsDefault = isDefault;
                break;
            case (nameof(BackendMetadata.IsOwnKind), bool isOwnKind):
                export.IsOwnKind = isOwnKind;
                break;
            case (nameof(BackendMetadata.ThreadsParameter), string threads):
                export.ThreadsParameter = threads;
                break;
            case (nameof(BackendMetadata.NetworkDevicesParameter), string networkDevices):
                export.NetworkDevicesParameter = networkDevices;
                break;
            case (nameof(BackendMetadata.PathsParameter), string paths):
                export.PathsParameter = paths;
                break;
            case (nameof(BackendMetadata.Description), string description):
                export.Description = description;
                break;
        }
    }

    private static BlobReader OpenValue(MetadataReader reader, CustomAttributeHandle attribute)
    {
        var blob = reader.GetBlobReader(reader.GetCustomAttribute(attribute).Value);
        return blob.ReadUInt16() == Prolog ? blob : throw new BadImageFormatException("An attribute value is damaged.");
    }

    private static EntityHandle DeclaringType(MetadataReader reader, CustomAttributeHandle attribute)
    {
        var constructor = reader.GetCustomAttribute(attribute).Constructor;
        return constructor.Kind switch
        {
            HandleKind.MemberReference => reader.GetMemberReference((MemberReferenceHandle)constructor).Parent,
            HandleKind.MethodDefinition => reader.GetMethodDefinition((MethodDefinitionHandle)constructor).GetDeclaringType(),
            _ => default,
        };
    }

    private static bool IsNamed(MetadataReader reader, EntityHandle handle, Type type)
    {
        StringHandle @namespace, name;
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                var reference = reader.GetTypeReference((TypeReferenceHandle)handle);
                (@namespace, name) = (reference.Namespace, reference.Name);
                break;
            case HandleKind.TypeDefinition:
                var definition = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
                (@namespace, name) = (definition.Namespace, definition.Name);
                break;
            default:
                return false;
        }

        return reader.StringComparer.Equals(name, type.Name) && reader.StringComparer.Equals(@namespace, type.Namespace!);
    }
}
