using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Tests.Acts;

public sealed class SignedActTests
{
    private static readonly string Hash = new('a', 64);

    private static readonly Proposal Raise = new(People.Mesh, "dan", new SetEnsemble(new EnsembleSettings { K = 3 }), "Because.", 100, 200, "0123456789abcdef");

    [Fact]
    public void A_proposal_is_two_lines_and_is_named_by_their_hash()
    {
        var signed = SignedAct.Sign(Raise, People.Dan);
        Assert.Equal(
            "mesh-proposal/v1\n{\"created\":100,\"deadline\":200,\"mesh\":\"test\",\"nonce\":\"0123456789abcdef\",\"operation\":{\"ensemble\":{\"k\":3},\"kind\":\"set_ensemble\"},\"proposer\":\"dan\",\"reason\":\"Because.\"}\n",
            signed.Note.Text);
        var read = SignedAct.Parse<Proposal>(signed.Note.ToString());
        Assert.Equal((signed.Act, signed.Hash), (read.Act, read.Hash));
        Assert.Equal("dan", read.SignedBy("dan", People.Configuration).Name);
    }

    [Fact]
    public void Every_act_reads_back()
    {
        Same(new Vote(People.Mesh, Hash, VoteChoice.Reject, 200, "ada", "No."));
        Same(new Vote(People.Mesh, Hash, VoteChoice.Approve, 200, "ada"));
        Same(new Withdrawal(People.Mesh, Hash, "dan"));
        Same(new HaltOrder(People.Mesh, "fay", "Stop: \"now\" \u20ac.", 100, "0123456789abcdef"));
        Same(new ArtifactStatement(People.Mesh, Hash));
        Same(new SelfStep(People.Mesh, "dan", "0123456789abcdef", "analyse-2", "The gate is uniform.", 100, Hash, Hash));
        Same(new SelfStep(People.Mesh, "dan", Hash, "observe", "Nothing.", 100));
        var resume = new ResumeOrder(People.Mesh, [Hash], "Go on.", 100, "0123456789abcdef");
        Assert.Equal(resume.Halts, SignedAct.Parse<ResumeOrder>(SignedAct.Sign(resume, People.Ada, People.Ben).Note.ToString()).Act.Halts);

        static void Same<T>(T act) where T : IAct<T> => Assert.Equal(act, SignedAct.Parse<T>(SignedAct.Sign(act, People.Ada).Note.ToString()).Act);
    }

    [Theory]
    [MemberData(nameof(OperationSamples.All), MemberType = typeof(OperationSamples))]
    public void Every_operation_reads_back(string kind)
    {
        var operation = OperationSamples.ByKind[kind];
        var text = SignedAct.Sign(Raise with { Operation = operation }, People.Dan).Note.ToString();
        Assert.Equal(text, SignedAct.Parse<Proposal>(text).Note.ToString());
        Assert.Contains($"\"kind\":\"{kind}\"", text);
        Assert.IsType(operation.GetType(), SignedAct.Parse<Proposal>(text).Act.Operation);
    }

    /// <summary>Each is signed rightly by its proposer; what is signed is wrong.</summary>
    [Theory]
    [InlineData("\"created\":100", "\"created\": 100")]
    [InlineData("\"created\":100", "\"created\":1e2")]
    [InlineData("\"created\":100,", "")]
    [InlineData("\"created\":100", "\"created\":100.5")]
    [InlineData("\"created\":100", "\"created\":\"100\"")]
    [InlineData("\"created\":100", "\"created\":-1")]
    [InlineData("\"created\":100", "\"created\":200")]
    [InlineData("\"created\":100", "\"created\":100,\"created\":100")]
    [InlineData("\"created\":100", "\"created\":100,\"extra\":1")]
    [InlineData("\"deadline\":200", "\"deadline\":999999999")]
    [InlineData("\"deadline\":200", "\"deadline\":9999999999999999999")]
    [InlineData("\"k\":3", "\"k\":3,\"m\":1")]
    [InlineData("\"k\":3", "\"k\":null")]
    [InlineData("{\"ensemble\":{\"k\":3},\"kind\":\"set_ensemble\"}", "null")]
    [InlineData("{\"ensemble\":{\"k\":3},\"kind\":\"set_ensemble\"}", "{\"kind\":\"set_ensemble\"}")]
    [InlineData("{\"ensemble\":{\"k\":3},\"kind\":\"set_ensemble\"}", "{\"ensemble\":{\"k\":3}}")]
    [InlineData("set_ensemble", "set_anything")]
    [InlineData("0123456789abcdef", "0123456789abcde")]
    [InlineData("0123456789abcdef", "0123456789ABCDEF")]
    [InlineData("Because.", "")]
    [InlineData("\"dan\"", "null")]
    [InlineData("mesh-proposal/v1", "mesh-vote/v1")]
    [InlineData("mesh-proposal/v1", "mesh-proposal/v2")]
    [InlineData("mesh-proposal/v1\n", "")]
    [InlineData("mesh-proposal/v1\n", "mesh-proposal/v1\n\n")]
    public void What_is_no_proposal_is_refused(string right, string wrong)
    {
        var text = SignedAct.Sign(Raise, People.Dan).Note.Text;
        Assert.Contains(right, text);
        var note = SignedNote.Sign(text.Replace(right, wrong), People.Dan).ToString();
        Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => SignedAct.Parse<Proposal>(note)).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mesh-proposal/v1\n{}\n")]
    [InlineData("mesh-proposal/v1\n[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n\n— dan AAAAAAAA\n")]
    [InlineData("mesh-proposal/v1\n\"\\ud800\"\n\n— dan AAAAAAAA\n")]
    public void What_is_no_note_is_refused(string note) => Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => SignedAct.Parse<Proposal>(note)).Code);

    [Fact]
    public void An_act_beyond_the_bounds_is_neither_made_nor_read()
    {
        Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => SignedAct.Sign(Raise with { Reason = new('x', 2001) }, People.Dan)).Code);
        Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => SignedAct.Sign(Raise with { Reason = "\u007f" }, People.Dan)).Code);
        var long_ = Raise with { Operation = new SuggestText(new('x', SignedAct.MostBytes)) };
        Assert.Equal(ActCode.TooLarge, Assert.Throws<ActRefusedException>(() => SignedAct.Sign(long_, People.Dan)).Code);
        Assert.Equal(ActCode.TooLarge, Assert.Throws<ActRefusedException>(() => SignedAct.Parse<Proposal>(new('x', SignedAct.MostBytes + 1))).Code);
    }

    [Fact]
    public void Signatures_of_others_say_nothing()
    {
        var signed = SignedAct.Sign(Raise, People.Ben, People.Key("stranger"), People.Key("ada", generation: 1));
        Assert.Equal(["ben"], signed.Signers(People.Configuration).Select(m => m.Name));
        Assert.Equal(ActCode.WrongSignature, Assert.Throws<ActRefusedException>(() => signed.SignedBy("dan", People.Configuration)).Code);
        Assert.Equal(ActCode.WrongSignature, Assert.Throws<ActRefusedException>(() => signed.SignedBy("ada", People.Configuration)).Code);
        Assert.Equal(ActCode.UnknownMember, Assert.Throws<ActRefusedException>(() => signed.SignedBy("stranger", People.Configuration)).Code);
    }

    [Fact]
    public void An_act_of_another_mesh_is_refused() =>
        Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => SignedAct.Sign(Raise with { Mesh = "other" }, People.Dan).Of(People.Configuration)).Code);
}
