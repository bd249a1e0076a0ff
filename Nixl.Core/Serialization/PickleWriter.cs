using System.Buffers.Binary;
using System.Text;

namespace Nixl.Serialization;

/// <summary>Writes the pickle of a list as Python's pickle module writes it with protocol 4, its default up to Python 3.13.</summary>
internal static class PickleWriter
{
    private const byte Protocol = 4;

    // Python writes bytes of at least this length outside of any frame and leaves what follows unframed, because it is shorter than a frame's own worth.
    private const int FrameTarget = 64 << 10;

    private const int FrameHeaderBytes = 1 + sizeof(ulong);

    internal static byte[] Write(ReadOnlySpan<byte> state, string module, string className)
    {
        if (!PythonName.IsValid(Encoding.UTF8.GetBytes(module)))
        {
            throw new NixlException(NixlStatus.InvalidParam, "WritePickle", $"'{module}' is not a dotted Python name of at most {PythonName.BytesMax} bytes");
        }

        using var output = new MemoryStream(state.Length + 2 * PythonName.BytesMax);
        output.Write([PickleOpcodes.Proto, Protocol, PickleOpcodes.Frame]);
        output.Write(stackalloc byte[sizeof(ulong)]); // the frame's length, known below
        WriteText(output, module);
        WriteText(output, className);
        output.Write([PickleOpcodes.StackGlobal, PickleOpcodes.Memoize, PickleOpcodes.EmptyTuple, PickleOpcodes.NewObject, PickleOpcodes.Memoize]);
        var frameEnd = output.Length;
        WriteBytes(output, state);
        output.Write([PickleOpcodes.Memoize, PickleOpcodes.Build, PickleOpcodes.Stop]);
        frameEnd = state.Length >= FrameTarget ? frameEnd : output.Length;

        var pickle = output.ToArray();
        const int frameBegin = 2 + FrameHeaderBytes;
        BinaryPrimitives.WriteUInt64LittleEndian(pickle.AsSpan(frameBegin - sizeof(ulong)), (ulong)(frameEnd - frameBegin));
        return pickle;
    }

    private static void WriteText(MemoryStream output, string text)
    {
        output.Write([PickleOpcodes.ShortBinUnicode, (byte)text.Length]); // ASCII, checked by the caller
        output.Write(Encoding.ASCII.GetBytes(text));
        output.WriteByte(PickleOpcodes.Memoize);
    }

    private static void WriteBytes(MemoryStream output, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= byte.MaxValue)
        {
            output.Write([PickleOpcodes.ShortBinBytes, (byte)bytes.Length]);
        }
        else
        {
            Span<byte> head = stackalloc byte[1 + sizeof(uint)];
            head[0] = PickleOpcodes.BinBytes;
            BinaryPrimitives.WriteUInt32LittleEndian(head[1..], (uint)bytes.Length);
            output.Write(head);
        }

        output.Write(bytes);
    }
}
