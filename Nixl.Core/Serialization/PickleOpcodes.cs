namespace Nixl.Serialization;

/// <summary>The opcodes of Python's pickle format that a pickled descriptor list has; values from Python's <c>pickletools</c>.</summary>
internal static class PickleOpcodes
{
    internal const byte Proto = 0x80;
    internal const byte Frame = 0x95;
    internal const byte Memoize = 0x94;
    internal const byte BinPut = (byte)'q';
    internal const byte LongBinPut = (byte)'r';
    internal const byte ShortBinUnicode = 0x8c;
    internal const byte BinUnicode = (byte)'X';
    internal const byte Global = (byte)'c';
    internal const byte StackGlobal = 0x93;
    internal const byte EmptyTuple = (byte)')';
    internal const byte NewObject = 0x81;
    internal const byte ShortBinBytes = (byte)'C';
    internal const byte BinBytes = (byte)'B';
    internal const byte Tuple2 = 0x86;
    internal const byte Reduce = (byte)'R';
    internal const byte Build = (byte)'b';
    internal const byte Stop = (byte)'.';
}
