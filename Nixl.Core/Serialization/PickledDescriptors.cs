using System.Diagnostics.CodeAnalysis;
using Nixl.Metadata;

namespace Nixl.Serialization;

/// <summary>A descriptor list in the wrapping in which NIXL's Python users exchange it (<c>get_serialized_descs</c>): a pickle of one list object whose state
/// is a SerDes blob.</summary>
/// <remarks>Pickles can run code in the Python process that loads them. Reading here does not: exactly the shape of such a list is recognised, opcode by
/// opcode, no name is looked up and nothing is called. Whoever sends pickles to a Python peer has that peer's full trust; prefer
/// <see cref="DescriptorList.Serialize"/> where both sides are yours.</remarks>
public sealed class PickledDescriptors
{
    /// <summary>NIXL's Python class of <see cref="DescriptorList"/>.</summary>
    public const string TransferClass = "nixlXferDList";

    /// <summary>NIXL's Python class of <see cref="RegistrationList"/>.</summary>
    public const string RegistrationClass = "nixlRegDList";

    private PickledDescriptors(string moduleName, string className, ReadOnlyMemory<byte> serialized)
    {
        ModuleName = moduleName;
        ClassName = className;
        Serialized = serialized;
    }

    /// <summary>The module of the sender's extension, such as <c>nixl_cu12._bindings</c>. Use it for the answer: the receiver must have it.</summary>
    public string ModuleName { get; }

    /// <summary><see cref="TransferClass"/> or <see cref="RegistrationClass"/>.</summary>
    public string ClassName { get; }

    /// <summary>The list's bytes, still unchecked: for <see cref="DescriptorList.TryDeserialize"/> or <see cref="RegistrationList.TryDeserialize"/>. Usually a
    /// slice of the pickle.</summary>
    public ReadOnlyMemory<byte> Serialized { get; }

    /// <summary>Takes the wrapping off. Never throws on any bytes; takes no more memory than they have.</summary>
    /// <param name="pickle">A pickle of protocol 2, 3, 4 or 5.</param>
    /// <param name="descriptors">The list's bytes and names.</param>
    /// <param name="error">Why it was refused: opcode, offset and rule.</param>
    public static bool TryRead(ReadOnlyMemory<byte> pickle, [NotNullWhen(true)] out PickledDescriptors? descriptors, out PickleError error)
    {
        descriptors = null;
        error = default;
        if (pickle.Length > MetadataLimits.Default.BytesMax)
        {
            error = new PickleError(0, -1, $"the pickle has {pickle.Length} bytes; the limit is {MetadataLimits.Default.BytesMax}");
            return false;
        }

        var reader = new PickleReader(pickle.Span);
        if (!reader.TryReadProtocol()
            || !reader.TryReadClass([TransferClass, RegistrationClass], out var module, out var name)
            || !reader.TryReadNewObject()
            || !reader.TryReadState(out var offset, out var length, out var decoded)
            || !reader.TryReadEnd())
        {
            error = reader.Error;
            return false;
        }

        descriptors = new PickledDescriptors(module, name, decoded ?? pickle.Slice(offset, length));
        return true;
    }

    /// <summary>Wraps a list for Python peers, byte for byte as Python's pickle module does with protocol 4.</summary>
    /// <param name="list">The list.</param>
    /// <param name="moduleName">The module of the receiver's extension, such as <c>nixl_cu12._bindings</c>; it differs between releases of the Python
    /// package.</param>
    /// <exception cref="NixlException">InvalidParam: the module is not a dotted name of at most 255 bytes.</exception>
    public static byte[] Write(DescriptorList list, string moduleName)
    {
        ArgumentNullException.ThrowIfNull(list);
        return PickleWriter.Write(list.Serialize(), moduleName, TransferClass);
    }

    /// <inheritdoc cref="Write(DescriptorList, string)"/>
    public static byte[] Write(RegistrationList list, string moduleName)
    {
        ArgumentNullException.ThrowIfNull(list);
        return PickleWriter.Write(list.Serialize(), moduleName, RegistrationClass);
    }
}
