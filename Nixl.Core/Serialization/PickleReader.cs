using System.Buffers.Binary;
using System.Text;

namespace Nixl.Serialization;

/// <summary>Reads the opcodes of one pickle in order. It knows the shape that a pickled list has and refuses every other; no stack, no memo, no names looked
/// up, nothing executed.</summary>
internal ref struct PickleReader(ReadOnlySpan<byte> pickle)
{
    private readonly ReadOnlySpan<byte> _pickle = pickle;
    private int _offset;
    private int _opcodeAt;

    /// <summary>Why the last member that returned false did so.</summary>
    internal PickleError Error { get; private set; }

    /// <summary>Reads the protocol's number: 2 to 5 are in use.</summary>
    internal bool TryReadProtocol()
    {
        if (!TryExpect(PickleOpcodes.Proto, "a pickle of protocol 2 or later begins with PROTO") || !TryTake(1, out var version))
        {
            return false;
        }

        return version[0] is >= 2 and <= 5 || Refuse($"protocol {version[0]} is not one of 2 to 5");
    }

    /// <summary>Reads a class by its module and name, in the form of any protocol; the name must be one of <paramref name="accepted"/>.</summary>
    internal bool TryReadClass(scoped ReadOnlySpan<string> accepted, out string module, out string name)
        => TryReadClassNames(out module, out name) && (accepted.Contains(name) || Refuse($"{name} is not a class of descriptor lists"));

    /// <summary>Reads the making of an empty object of the class.</summary>
    internal bool TryReadNewObject()
        => TryExpect(PickleOpcodes.EmptyTuple, "the class is made without arguments") && TryExpect(PickleOpcodes.NewObject, "the class is made by NEWOBJ");

    /// <summary>Reads the object's state, which must be bytes. <paramref name="offset"/> is where in the pickle they lie; protocol 2 has no bytes and writes
    /// text: then they are <paramref name="decoded"/>.</summary>
    internal bool TryReadState(out int offset, out int length, out byte[]? decoded)
    {
        offset = length = 0;
        decoded = null;
        if (!TryNext(out var opcode))
        {
            return false;
        }

        if (opcode == PickleOpcodes.Global)
        {
            return TryReadEncodedText(out decoded);
        }

        if (opcode is not (PickleOpcodes.ShortBinBytes or PickleOpcodes.BinBytes))
        {
            return Refuse("the state of a list is bytes");
        }

        if (!TryTakeCounted(isShort: opcode == PickleOpcodes.ShortBinBytes, out var bytes))
        {
            return false;
        }

        offset = _offset - bytes.Length;
        length = bytes.Length;
        return true;
    }

    /// <summary>Reads the end of the pickle; nothing may follow.</summary>
    internal bool TryReadEnd()
    {
        if (!TryExpect(PickleOpcodes.Build, "the state is followed by BUILD") || !TryExpect(PickleOpcodes.Stop, "the object is followed by STOP"))
        {
            return false;
        }

        _opcodeAt = _offset;
        return _offset == _pickle.Length || Refuse("bytes follow the end of the pickle");
    }

    private bool TryReadClassNames(out string module, out string name)
    {
        module = name = "";
        if (!TryNext(out var opcode))
        {
            return false;
        }

        if (opcode == PickleOpcodes.Global)
        {
            return TryReadLine(out module) && TryReadLine(out name);
        }

        return TryReadText(opcode, out module)
            && TryNext(out opcode) && TryReadText(opcode, out name)
            && TryExpect(PickleOpcodes.StackGlobal, "a module and a name are followed by STACK_GLOBAL");
    }

    /// <summary>Protocol 2's way to write bytes: a call of Python's encoder. The call is recognised by its exact form and done here; nothing is called.</summary>
    private bool TryReadEncodedText(out byte[]? bytes)
    {
        bytes = null;
        if (!TryReadLine(out var module) || !TryReadLine(out var name))
        {
            return false;
        }

        if (module != "_codecs" || name != "encode")
        {
            return Refuse("the only call that a state may have is the one that turns text into bytes");
        }

        if (!TryExpect(PickleOpcodes.BinUnicode, "the bytes are written as text") || !TryTakeCounted(isShort: false, out var text))
        {
            return false;
        }

        if (!TryDecodeLatin1(text, out bytes))
        {
            return Refuse("the text does not stand for bytes");
        }

        return TryNext(out var opcode) && TryReadText(opcode, out var encoding)
            && (encoding == "latin1" || Refuse("the text is not encoded as latin1"))
            && TryExpect(PickleOpcodes.Tuple2, "text and encoding are a pair")
            && TryExpect(PickleOpcodes.Reduce, "the pair is followed by REDUCE");
    }

    private static bool TryDecodeLatin1(ReadOnlySpan<byte> text, out byte[]? bytes)
    {
        bytes = null;
        var decoded = new byte[text.Length];
        var count = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var consumed) != System.Buffers.OperationStatus.Done || rune.Value > byte.MaxValue)
            {
                return false;
            }

            decoded[count++] = (byte)rune.Value;
            text = text[consumed..];
        }

        bytes = decoded[..count];
        return true;
    }

    private bool TryReadText(byte opcode, out string text)
    {
        text = "";
        if (opcode is not (PickleOpcodes.ShortBinUnicode or PickleOpcodes.BinUnicode))
        {
            return Refuse("a name is expected");
        }

        return TryTakeCounted(isShort: opcode == PickleOpcodes.ShortBinUnicode, out var bytes) && TryGetName(bytes, out text);
    }

    private bool TryReadLine(out string text)
    {
        text = "";
        var length = _pickle[_offset..].IndexOf((byte)'\n');
        if (length < 0)
        {
            return Refuse("the pickle ends inside a name");
        }

        return TryTake(length + 1, out var bytes) && TryGetName(bytes[..length], out text);
    }

    private bool TryGetName(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (!PythonName.IsValid(bytes))
        {
            return Refuse($"a name is not a dotted Python name of at most {PythonName.BytesMax} bytes");
        }

        text = Encoding.ASCII.GetString(bytes);
        return true;
    }

    private bool TryExpect(byte expected, string rule) => TryNext(out var opcode) && (opcode == expected || Refuse(rule));

    /// <summary>The next opcode that means something: frames and the memo, which a list never looks up, are passed over.</summary>
    private bool TryNext(out byte opcode)
    {
        while (true)
        {
            opcode = 0;
            _opcodeAt = _offset;
            if (!TryTake(1, out var taken))
            {
                return false;
            }

            opcode = taken[0];
            var passed = opcode switch
            {
                PickleOpcodes.Memoize => true,
                PickleOpcodes.BinPut => TryTake(sizeof(byte), out _),
                PickleOpcodes.LongBinPut => TryTake(sizeof(uint), out _),
                PickleOpcodes.Frame => TryPassFrame(),
                _ => false,
            };
            if (!passed)
            {
                return Error.Reason is null; // an opcode for the caller, unless one to pass over was cut short
            }
        }
    }

    private bool TryPassFrame()
    {
        if (!TryTake(sizeof(ulong), out var length))
        {
            return false;
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(length) <= (ulong)(_pickle.Length - _offset) || Refuse("the frame runs past the end");
    }

    private bool TryTakeCounted(bool isShort, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryTake(isShort ? sizeof(byte) : sizeof(uint), out var field))
        {
            return false;
        }

        var length = isShort ? field[0] : BinaryPrimitives.ReadUInt32LittleEndian(field);
        return length <= (uint)(_pickle.Length - _offset) ? TryTake((int)length, out bytes) : Refuse($"{length} bytes run past the end");
    }

    private bool TryTake(int length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (length > _pickle.Length - _offset)
        {
            return Refuse("the pickle ends here");
        }

        bytes = _pickle.Slice(_offset, length);
        _offset += length;
        return true;
    }

    private bool Refuse(string reason)
    {
        Error = new PickleError(_opcodeAt, _opcodeAt < _pickle.Length ? _pickle[_opcodeAt] : -1, reason);
        return false;
    }
}
