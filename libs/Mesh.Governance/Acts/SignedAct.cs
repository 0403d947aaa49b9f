using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Acts;

/// <summary>What a person does, as data.</summary>
public interface IAct<T> where T : IAct<T>
{
    /// <summary>The first line of its text is <c>mesh-[kind]/v1</c>.</summary>
    static abstract string Kind { get; }

    static abstract JsonTypeInfo<T> Json { get; }

    string Mesh { get; }

    /// <exception cref="ActRefusedException">A field is out of bounds.</exception>
    void Check();
}

/// <summary>An act and who says so: a signed note of two lines, its kind and one line of canonical JSON.</summary>
/// <param name="Hash">SHA-256 of the note's text in hex: the act's id, whoever signs it.</param>
public sealed record SignedAct<T>(T Act, SignedNote Note, string Hash) where T : IAct<T>
{
    /// <summary>The member who is said to have signed, when they did, with the key that they have now.</summary>
    /// <exception cref="ActRefusedException">They are no member, or did not sign.</exception>
    public Member SignedBy(string name, MeshConfiguration configuration)
    {
        var member = configuration.Find(name) ?? throw new ActRefusedException(ActCode.UnknownMember, $"'{name}' is no member of this mesh.");
        return Note.IsSignedBy(member.Verifier)
            ? member
            : throw new ActRefusedException(ActCode.WrongSignature, $"This {T.Kind} is not signed with the key that '{name}' has now.");
    }

    /// <summary>Every member who signed. Signatures of others say nothing.</summary>
    public IReadOnlyList<Member> Signers(MeshConfiguration configuration) =>
        [.. configuration.Members.Where(m => Note.Signatures.Any(s => s.Name == m.Name) && Note.IsSignedBy(m.Verifier))];
}

/// <summary>Makes acts and reads them.</summary>
public static class SignedAct
{
    /// <summary>Of a note: as a string of an entry, at most twice as long, it still fits into one.</summary>
    public const int MostBytes = 30 * 1024;
    private const int MostSkewSeconds = 300;
    private const long MostSeconds = 253_402_300_799;   // the end of the year 9999

    /// <exception cref="ActRefusedException">A field is out of bounds.</exception>
    public static SignedAct<T> Sign<T>(T act, params ReadOnlySpan<SigningKey> keys) where T : IAct<T>
    {
        act.Check();
        try
        {
            return Bounded(act, SignedNote.Sign(Text(act), keys));
        }
        catch (FormatException e)
        {
            throw Invalid<T>(e.Message);
        }
    }

    /// <exception cref="ActRefusedException">It is no such act, is not written in its one canonical form, or a field is out of bounds.</exception>
    public static SignedAct<T> Parse<T>(string note) where T : IAct<T>
    {
        try
        {
            if (note.Length > MostBytes)
                throw TooLarge<T>();
            var signed = SignedNote.Parse(note);
            if (signed.Text.Split('\n') is not [var header, var json, ""] || header != Header<T>())
                throw Invalid<T>($"its text is a line '{Header<T>()}' and a line of JSON.");
            var act = JsonSerializer.Deserialize(json, T.Json) ?? throw Invalid<T>("its JSON is null.");
            act.Check();
            // What is signed is exactly what is understood: no field in two spellings, none that takes its default from the version of this code.
            return Text(act) == signed.Text ? Bounded(act, signed) : throw Invalid<T>("its JSON is not in canonical form (RFC 8785), or lacks a field.");
        }
        catch (Exception e) when (e is FormatException or JsonException or NotSupportedException)
        {
            throw Invalid<T>(e.Message);
        }
    }

    /// <exception cref="ActRefusedException">It is of another mesh.</exception>
    public static SignedAct<T> Of<T>(this SignedAct<T> act, MeshConfiguration configuration) where T : IAct<T> =>
        act.Act.Mesh == configuration.Mesh ? act : throw Invalid<T>($"it is of the mesh '{act.Act.Mesh}', not of '{configuration.Mesh}'.");

    internal static void CheckReason<T>(string? reason, bool isNeeded) where T : IAct<T> =>
        Require<T>(isNeeded ? reason is { Length: > 0 and <= 2000 } : reason is null or { Length: > 0 and <= 2000 }, "a reason has 1 to 2000 characters.");

    internal static void CheckNonce<T>(string nonce) where T : IAct<T> => Require<T>(IsNonce(nonce), "a nonce is 16 to 64 lower hex digits.");

    internal static void CheckHash<T>(string hash) where T : IAct<T> => Require<T>(IsHash(hash), "a hash is 64 lower hex digits.");

    internal static void CheckTime<T>(long time) where T : IAct<T> => Require<T>(time is > 0 and <= MostSeconds, "a time is in seconds since 1970.");

    /// <exception cref="ActRefusedException">Its time is later than <paramref name="now"/> by more than clocks differ, in seconds.</exception>
    internal static void CheckNotAhead<T>(long time, double now) where T : IAct<T> =>
        Require<T>(time <= now + MostSkewSeconds, $"its time is ahead of the ledger's by more than {MostSkewSeconds} s.");

    internal static void Require<T>(bool holds, string otherwise) where T : IAct<T>
    {
        if (!holds)
            throw Invalid<T>(otherwise);
    }

    internal static bool IsNonce(string text) => text.Length is >= 16 and <= 64 && IsHex(text);

    internal static bool IsHash(string text) => text.Length == 64 && IsHex(text);

    private static bool IsHex(string text) => text.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');

    private static string Header<T>() where T : IAct<T> => $"mesh-{T.Kind}/v1";

    private static string Text<T>(T act) where T : IAct<T> => $"{Header<T>()}\n{CanonicalJson.Of(JsonSerializer.SerializeToElement(act, T.Json))}\n";

    private static SignedAct<T> Bounded<T>(T act, SignedNote note) where T : IAct<T> => Encoding.UTF8.GetByteCount(note.ToString()) <= MostBytes
        ? new(act, note, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(note.Text))))
        : throw TooLarge<T>();

    private static ActRefusedException TooLarge<T>() where T : IAct<T> => new(ActCode.TooLarge, $"A {T.Kind} has at most {MostBytes} bytes.");

    private static ActRefusedException Invalid<T>(string why) where T : IAct<T> => new(ActCode.Invalid, $"This is no {T.Kind}: {why}");
}
