using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tests.Checkpoints;

public sealed class CheckpointTests
{
    private const string Root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    private static readonly SigningKey Log = SigningKey.FromSeed("mesh/test", new byte[32]), Other = SigningKey.FromSeed("mesh/test", [.. Enumerable.Repeat((byte)9, 32)]);
    private static readonly SigningKey[] Witnesses = [.. Enumerable.Range(1, 3).Select(i => SigningKey.FromSeed($"node-{i}", [.. Enumerable.Repeat((byte)i, 32)]))];
    private static readonly WitnessPolicy Policy = new(Witnesses.Select(w => w.Verifier), 2);
    private static readonly Checkpoint Head = new("mesh/test", 42, MerkleTree.Leaf([1]));

    /// <summary>The example of C2SP tlog-checkpoint.</summary>
    [Fact]
    public void The_example_of_the_format_is_read_and_written()
    {
        var text = $"example.com/behind-the-sofa\n20852163\n{Root}\n";
        var checkpoint = Checkpoint.Parse(text);
        Assert.Equal(("example.com/behind-the-sofa", 20852163L, Root), (checkpoint.Origin, checkpoint.Size, checkpoint.Root.Base64));
        Assert.Equal(text, checkpoint.Text);
    }

    [Theory]
    [InlineData("mesh/test\n042\n" + Root + "\n")]
    [InlineData("mesh/test\n+42\n" + Root + "\n")]
    [InlineData("mesh/test\n-1\n" + Root + "\n")]
    [InlineData("mesh/test\n 42\n" + Root + "\n")]
    [InlineData("mesh/test\nNaN\n" + Root + "\n")]
    [InlineData("mesh/test\n1e3\n" + Root + "\n")]
    [InlineData("mesh/test\n٤٢\n" + Root + "\n")]
    [InlineData("mesh/test\n9223372036854775808\n" + Root + "\n")]
    [InlineData("mesh/test\n0\n" + Root + "\n")]
    [InlineData("mesh/test\n42\nAAAA\n")]
    [InlineData("mesh/test\n42\n" + Root)]
    [InlineData("mesh/test\r\n42\r\n" + Root + "\r\n")]
    [InlineData("mesh/test\n42\n" + Root + "\nextension\n")]
    [InlineData("\n42\n" + Root + "\n")]
    [InlineData("mesh test\n42\n" + Root + "\n")]
    [InlineData("")]
    public void What_is_no_checkpoint_is_refused(string text) => Assert.Throws<FormatException>(() => Checkpoint.Parse(text));

    [Fact]
    public void A_checkpoint_is_of_the_log_whose_key_signed_it()
    {
        var signed = SignedCheckpoint.Parse(SignedCheckpoint.Sign(Head, Log).ToString());
        Assert.True(signed.IsOf(Log.Verifier));
        Assert.False(signed.IsOf(Other.Verifier));
        Assert.False(SignedCheckpoint.Sign(Head with { Origin = "mesh/other" }, Log).IsOf(Log.Verifier));
    }

    /// <summary>Message and key id as C2SP tlog-cosignature has them, put together here by hand.</summary>
    [Fact]
    public void A_cosignature_is_of_the_public_format()
    {
        var signature = Cosignature.Sign(Witnesses[0], Head, 1679315147);
        byte[] id = System.Security.Cryptography.SHA256.HashData([.. "node-1\n"u8, 4, .. Witnesses[0].Verifier.PublicKeyBytes])[..4];
        Assert.Equal(Convert.ToHexStringLower([.. id, 0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb]), Convert.ToHexStringLower(signature.Bytes.AsSpan(0, 12)));
        var message = System.Text.Encoding.UTF8.GetBytes($"cosignature/v1\ntime 1679315147\nmesh/test\n42\n{Head.Root.Base64}\n");
        Assert.True(Witnesses[0].Verifier.Verify(message, signature.Bytes.AsSpan(12)));
    }

    [Fact]
    public void A_quorum_counts_every_witness_once_and_nothing_else()
    {
        var signed = SignedCheckpoint.Sign(Head, Log);
        Assert.False(Policy.IsMet(signed));
        var one = Cosignature.Sign(Witnesses[0], Head, 100);
        // The same witness twice, an unknown one, one over another tree, and one whose time was changed.
        var late = Cosignature.Sign(Witnesses[2], Head, 100);
        late.Bytes[11]++;
        var twice = signed.Note with { Signatures = [.. signed.Note.Signatures, one, Cosignature.Sign(Witnesses[0], Head, 200), Cosignature.Sign(Other, Head, 100), Cosignature.Sign(Witnesses[1], Head with { Size = 43 }, 100), late] };
        var weak = SignedCheckpoint.Parse(twice.ToString());
        Assert.Equal([("node-1", 200L)], Policy.Cosigned(weak).Select(c => (c.Witness.Name, c.Time)));
        Assert.False(Policy.IsMet(weak));
        Assert.True(Policy.IsMet(SignedCheckpoint.Parse(signed.With(one).With(Cosignature.Sign(Witnesses[2], Head, 101)).ToString())));
    }

    [Fact]
    public void A_newer_cosignature_takes_the_place_of_an_older_one()
    {
        var signed = SignedCheckpoint.Sign(Head, Log).With(Cosignature.Sign(Witnesses[0], Head, 1)).With(Cosignature.Sign(Witnesses[0], Head, 2));
        Assert.Equal(2, signed.Note.Signatures.Count);
        Assert.Equal(2, Assert.Single(Policy.Cosigned(signed)).Time);
    }

    /// <summary>A note that reads as the message of a cosignature is never signed, so that one key may do both.</summary>
    [Fact]
    public void No_note_can_be_taken_for_a_cosignature() =>
        Assert.Throws<FormatException>(() => SignedNote.Sign($"cosignature/v1\ntime 1\n{Head.Text}", Witnesses[0]));

    [Fact]
    public void One_key_under_two_names_is_one_witness() =>
        Assert.Throws<ArgumentException>(() => new WitnessPolicy([SigningKey.FromSeed("a", new byte[32]).Verifier, SigningKey.FromSeed("b", new byte[32]).Verifier], 2));
}
