using Mesh.Ledger.Signing;
using Mesh.Testing;

namespace Mesh.Ledger.Tests.Signing;

public sealed class SignedNoteTests
{
    /// <summary>The example of Go's sumdb/note.</summary>
    private const string Go = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    private static readonly SigningKey Ada = SigningKey.FromSeed("ada", new byte[32]), Ben = SigningKey.FromSeed("ben", [.. Enumerable.Repeat((byte)1, 32)]);

    [Fact]
    public void Another_implementation_s_note_is_verified()
    {
        var note = SignedNote.Parse(
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n");
        Assert.True(note.IsSignedBy(VerifierKey.Parse(Go)));
        Assert.False((note with { Text = note.Text.Replace("you", "You") }).IsSignedBy(VerifierKey.Parse(Go)));
    }

    [Fact]
    public void Two_people_sign_one_text()
    {
        var note = SignedNote.Parse(SignedNote.Sign("mesh\n", Ada).With(Ben).ToString());
        Assert.True(note.IsSignedBy(Ada.Verifier) && note.IsSignedBy(Ben.Verifier));
        Assert.False(note.IsSignedBy(SigningKey.FromSeed("ada", [.. Enumerable.Repeat((byte)2, 32)]).Verifier));
    }

    [Fact]
    public void A_note_full_of_wrong_lines_is_not_read_to_its_end()
    {
        var right = SignedNote.Sign("mesh\n", Ada).Signatures[0];
        var wrong = new NoteSignature("ada", [.. right.Bytes.AsSpan(0, 4), .. new byte[64]]);
        Assert.True(new SignedNote("mesh\n", [wrong, right]).IsSignedBy(Ada.Verifier));
        Assert.False(new SignedNote("mesh\n", [wrong, wrong, right]).IsSignedBy(Ada.Verifier));
        Assert.True(new SignedNote("mesh\n", [.. Enumerable.Repeat(wrong with { Name = "ben" }, 60), right]).IsSignedBy(Ada.Verifier));
    }

    [Theory]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n— ada\n")]
    [InlineData("text\n\n— ada !!!!\n")]
    [InlineData("text\n\n- ada AAAAAAAA\n")]
    [InlineData("te\txt\n\n— ada AAAAAAAA\n")]
    [InlineData("\n\n— ada AAAAAAAA\n")]
    [InlineData("text\n\n— ada AAAAAAAA")]
    public void What_is_no_note_is_refused(string text) => Assert.Throws<FormatException>(() => SignedNote.Parse(text));

    [Fact]
    public void A_key_file_is_its_owner_s_alone_and_reads_back()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "keys", "ada.key");
        Ada.Save(path);
        Assert.Equal(Ada.Verifier, SigningKey.Load(path).Verifier);
        Assert.Throws<IOException>(() => Ben.Save(path));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Throws<InvalidDataException>(() => SigningKey.Load(path));
    }

    [Theory]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq")]
    [InlineData("PeterNeumann")]
    public void What_is_no_verifier_key_is_refused(string text) => Assert.Throws<FormatException>(() => VerifierKey.Parse(text));
}
