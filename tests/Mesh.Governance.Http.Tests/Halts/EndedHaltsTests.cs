using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Halts;
using Mesh.Ledger.Signing;
using Mesh.Testing;

namespace Mesh.Governance.Http.Tests.Halts;

/// <summary>A register that many halts went through.</summary>
public sealed class EndedHaltsTests : IDisposable
{
    private const long Start = 1_800_000_000;
    private readonly TemporaryFolder _data = new();
    private readonly MeshConfiguration _mesh = new TestMesh().Configuration();
    private int _nonce;

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Every_ended_halt_is_refused_for_ever_in_bounded_space()
    {
        var register = Open();
        var halts = Enumerable.Range(0, EndedHalts.Most + 40).Select(n => Halt(TestMesh.Cam, Start + n)).ToArray();
        EndAll(register, halts[..EndedHalts.Most]);
        var bound = Size();
        EndAll(register, halts[EndedHalts.Most..]);
        Assert.InRange(Size(), 1, bound + 200);
        foreach (var again in new[] { register, Open() })
        {
            foreach (var old in halts)
                Assert.Null(Shown(again, old));
            Assert.Empty(again.Ids);
        }
    }

    [Fact]
    public void Whatever_others_did_a_new_halt_halts()
    {
        var register = Open();
        EndAll(register, [.. Enumerable.Range(0, EndedHalts.Most + 1).Select(_ => Halt(TestMesh.Cam, 253_402_300_799))]);   // a clock far ahead
        Assert.NotNull(Shown(register, Halt(TestMesh.Fay, 1)));   // and one far behind
        Assert.Single(register.Ids);
    }

    [Fact]
    public void Who_halted_often_halts_again_with_any_later_time()
    {
        var register = Open();
        EndAll(register, [.. Enumerable.Range(0, EndedHalts.Most + 1).Reverse().Select(n => Halt(TestMesh.Cam, Start + n))]);
        var refused = Assert.Throws<ActRefusedException>(() => register.Halt(Halt(TestMesh.Cam, Start - 1), _mesh));
        Assert.Equal(ActCode.Late, refused.Code);
        Assert.NotNull(register.Halt(Halt(TestMesh.Cam, Start + EndedHalts.Most + 1), _mesh));
    }

    private HaltRegister Open() => new(File);

    private string File => Path.Combine(_data.Path, "halt.json");

    /// <summary>Of what is kept when the register holds its most resumes; those are newest notes of one length.</summary>
    private long Size() => new FileInfo(File).Length;

    private void EndAll(HaltRegister register, string[] halts)
    {
        foreach (var halt in halts)
        {
            Assert.NotNull(register.Halt(halt, _mesh));
            var resume = new ResumeOrder(TestMesh.Name, [SignedAct.Parse<HaltOrder>(halt).Hash], "All is well.", Start, $"{++_nonce:x16}");
            Assert.True(register.Resume(SignedAct.Sign(resume, TestMesh.Ada, TestMesh.Ben).Note.ToString(), _mesh));
        }
    }

    private string? Shown(HaltRegister register, string halt)
    {
        try
        {
            return register.Halt(halt, _mesh);
        }
        catch (ActRefusedException refused) when (refused.Code == ActCode.Late)
        {
            return null;
        }
    }

    private string Halt(SigningKey requester, long time) =>
        SignedAct.Sign(new HaltOrder(TestMesh.Name, requester.Name, "Stop.", time, $"{++_nonce:x16}"), requester).Note.ToString();
}
