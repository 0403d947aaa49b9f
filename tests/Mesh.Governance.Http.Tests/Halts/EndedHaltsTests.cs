using Mesh.Chorus.Files;
using Mesh.Governance.Acts;
using Mesh.Governance.Http.Halts;
using Mesh.Ledger.Signing;
using Mesh.Testing;

namespace Mesh.Governance.Http.Tests.Halts;

/// <summary>A register that many halts went through.</summary>
public sealed class EndedHaltsTests : IDisposable
{
    private const long Start = 1_800_000_000;
    private readonly TemporaryFolder _data = new();
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
                Assert.False(Shown(again, old));
            Assert.Empty(again.Ids);
        }
    }

    [Fact]
    public void Whatever_others_did_a_new_halt_halts()
    {
        var register = Open();
        EndAll(register, [.. Enumerable.Range(0, EndedHalts.Most + 1).Select(_ => Halt(TestMesh.Cam, 253_402_300_799))]);   // a clock far ahead
        Assert.True(Shown(register, Halt(TestMesh.Fay, 1)));   // and one far behind
        Assert.Single(register.Ids);
    }

    [Fact]
    public void Who_halted_often_halts_again_with_any_later_time()
    {
        var register = Open();
        EndAll(register, [.. Enumerable.Range(0, EndedHalts.Most + 1).Reverse().Select(n => Halt(TestMesh.Cam, Start + n))]);
        var refused = Assert.Throws<ActRefusedException>(() => register.Halt(Halt(TestMesh.Cam, Start - 1)));
        Assert.Equal(ActCode.Late, refused.Code);
        Assert.True(register.Halt(Halt(TestMesh.Cam, Start + EndedHalts.Most + 1)));
    }

    [Fact]
    public void Nobody_takes_from_others_the_room_to_halt()
    {
        var register = Open();
        Assert.All(Enumerable.Range(0, HaltRegister.Most), n => Assert.True(register.Halt(Halt(TestMesh.Cam, Start + n))));
        Assert.Equal(NodeRefusedException.TooMany, Assert.Throws<ActRefusedException>(() => register.Halt(Halt(TestMesh.Cam, Start))).Code);
        Assert.True(register.Halt(Halt(TestMesh.Fay, Start)));
    }

    private HaltRegister Open() => new(File, content => DurableFile.Write(File, content));

    private string File => Path.Combine(_data.Path, "halt.json");

    /// <summary>Of what is kept when the register holds its most resumes; those are newest notes of one length.</summary>
    private long Size() => new FileInfo(File).Length;

    private void EndAll(HaltRegister register, SignedAct<HaltOrder>[] halts)
    {
        foreach (var halt in halts)
        {
            Assert.True(register.Halt(halt));
            var resume = SignedAct.Sign(new ResumeOrder(TestMesh.Name, [halt.Hash], "All is well.", Start, $"{++_nonce:x16}"), TestMesh.Ada, TestMesh.Ben);
            register.Resume(resume, register.NamedBy(resume.Act));
        }
    }

    private static bool Shown(HaltRegister register, SignedAct<HaltOrder> halt)
    {
        try
        {
            return register.Halt(halt);
        }
        catch (ActRefusedException refused) when (refused.Code == ActCode.Late)
        {
            return false;
        }
    }

    private SignedAct<HaltOrder> Halt(SigningKey requester, long time) =>
        SignedAct.Sign(new HaltOrder(TestMesh.Name, requester.Name, "Stop.", time, $"{++_nonce:x16}"), requester);
}
