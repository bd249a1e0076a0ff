using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nixl.Bench.Reporting;

/// <summary>Writes what is not a number, such as a ratio to a contender that got nothing done, as <c>null</c>: JSON has no infinity.</summary>
internal sealed class FiniteNumberConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
