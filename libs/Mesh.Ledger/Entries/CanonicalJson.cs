using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Mesh.Ledger.Entries;

/// <summary>JSON in its one canonical form (RFC 8785): keys sorted by UTF-16, no spaces, numbers as ECMAScript prints them. What is hashed or signed is written so.</summary>
public static class CanonicalJson
{
    /// <exception cref="FormatException">It has no canonical form: a key twice, half of a surrogate pair, or a number beyond doubles.</exception>
    public static string Of(JsonElement element)
    {
        var text = new StringBuilder();
        Write(text, element);
        return text.ToString();
    }

    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="FormatException">It has no canonical form.</exception>
    public static string Of(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Of(document.RootElement);
    }

    private static void Write(StringBuilder text, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(text, element);
                break;
            case JsonValueKind.Array:
                text.Append('[');
                var isFirst = true;
                foreach (var item in element.EnumerateArray())
                {
                    if (!isFirst)
                        text.Append(',');
                    isFirst = false;
                    Write(text, item);
                }
                text.Append(']');
                break;
            case JsonValueKind.String:
                WriteString(text, Unescaped(element.GetString!));
                break;
            case JsonValueKind.Number:
                text.Append(Number(element.GetDouble()));
                break;
            default:
                text.Append(element.GetRawText());
                break;
        }
    }

    private static void WriteObject(StringBuilder text, JsonElement element)
    {
        var properties = element.EnumerateObject().Select(property => (Name: Unescaped(() => property.Name), property.Value)).ToArray();
        Array.Sort(properties, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        text.Append('{');
        for (var i = 0; i < properties.Length; i++)
        {
            if (i > 0)
                text.Append(',');
            if (i > 0 && properties[i].Name == properties[i - 1].Name)
                throw new FormatException($"The key '{properties[i].Name}' is there twice.");
            WriteString(text, properties[i].Name);
            text.Append(':');
            Write(text, properties[i].Value);
        }
        text.Append('}');
    }

    private static string Unescaped(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw new FormatException("A string has half of a surrogate pair.");   // as an escape
        }
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 == value.Length || !char.IsLowSurrogate(value[i + 1]))
                    throw new FormatException("A string has half of a surrogate pair.");
                text.Append(c).Append(value[++i]);
                continue;
            }
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }

    /// <summary>ECMA-262, Number::toString: the shortest digits that read back as the same double, plain from 1e-6 to below 1e21.</summary>
    internal static string Number(double value)
    {
        if (!double.IsFinite(value))
            throw new FormatException("A number is beyond the range of doubles.");
        if (value == 0)
            return "0";
        var sign = value < 0 ? "-" : "";
        var parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var whole = parts[0].Split('.')[0].TrimStart('0').Length;
        var digits = parts[0].Replace(".", "");
        var mantissa = digits.Trim('0');
        // Digits before the point; 0.001 has -2.
        var point = (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) + (whole > 0 ? whole : 1 - (digits.Length - digits.TrimStart('0').Length));
        if (point is > 0 and <= 21)
            return sign + (mantissa.Length <= point ? mantissa.PadRight(point, '0') : $"{mantissa[..point]}.{mantissa[point..]}");
        if (point is > -6 and <= 0)
            return $"{sign}0.{new string('0', -point)}{mantissa}";
        var power = (point > 0 ? "+" : "-") + Math.Abs(point - 1).ToString(CultureInfo.InvariantCulture);
        return sign + (mantissa.Length == 1 ? mantissa : $"{mantissa[..1]}.{mantissa[1..]}") + "e" + power;
    }
}
