using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Mesh.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Witnesses;

public sealed class WitnessTests : IDisposable
{
    private static readonly SigningKey Key = SigningKey.FromSeed("router", new byte[32]);
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeSeconds(1000));
    private readonly TestLog _log = new TestLog().Append("a", "b", "c");
    private readonly WitnessFile _file;

    public WitnessTests()
    {
        _file = new(Path.Combine(_folder.Path, "witness.json"));
        _file.Create();
    }

    [Fact]
    public void It_cosigns_what_grows_and_the_same_again_with_a_new_time()
    {
        var witness = Open();
        Assert.Equal(1000, Time(witness.Add(_log.Ask(0))));
        _clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(1007, Time(witness.Add(_log.Ask(3))));
        _log.Append("d", "e");
        var answer = witness.Add(_log.Ask(3));
        Assert.Equal((1007, 5), (Time(answer), answer.Size));
    }

    [Fact]
    public void Another_history_is_refused_also_after_a_restart()
    {
        var fork = _log.Fork();
        _log.Append("d");
        fork.Append("D", "E");
        Assert.Equal(WitnessStatus.Cosigned, Open().Add(_log.Ask(0)).Status);
        var witness = Open();
        Assert.Equal((WitnessStatus.Conflict, 4), Told(witness.Add(fork.Ask(0))));
        Assert.Equal((WitnessStatus.Conflict, 4), Told(witness.Add(fork.Ask(4, 4))));
        Assert.Equal((WitnessStatus.Inconsistent, 4), Told(witness.Add(fork.Ask(4))));
        Assert.Equal((WitnessStatus.Conflict, 4), Told(witness.Add(_log.Ask(3, 3))));
        Assert.Equal((WitnessStatus.Malformed, 4), Told(witness.Add(_log.Ask(4) with { OldSize = 5 })));
        Assert.Equal((WitnessStatus.Cosigned, 4), Told(witness.Add(_log.Ask(4))));
    }

    [Fact]
    public void A_log_of_others_is_unknown_and_a_foreign_key_is_refused()
    {
        Assert.Equal(WitnessStatus.UnknownLog, Open().Add(new TestLog("other").Append("a").Ask(0)).Status);
        Assert.Equal(WitnessStatus.WrongSignature, Open().Add(new TestLog(seed: 9).Append("a").Ask(0)).Status);
        Assert.Equal(0, Open().SizeOf(_log.Key.Name));
    }

    [Fact]
    public void A_proof_that_is_cut_or_too_long_is_refused()
    {
        var witness = Open();
        witness.Add(_log.Ask(0));
        _log.Append("d", "e");
        var asked = _log.Ask(3);
        Assert.Equal(WitnessStatus.Inconsistent, witness.Add(asked with { Proof = [.. asked.Proof.Skip(1)] }).Status);
        Assert.Equal(WitnessStatus.Inconsistent, witness.Add(asked with { Proof = [.. asked.Proof, asked.Proof[0]] }).Status);
        Assert.Equal(WitnessStatus.Cosigned, witness.Add(asked).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"logs":[],"sum":""}""")]
    public void A_torn_file_is_never_zero(string content)
    {
        Open().Add(_log.Ask(0));
        _folder.Write("witness.json", content);
        Assert.Throws<InvalidDataException>(Open);
    }

    [Fact]
    public void A_lost_or_edited_file_is_never_zero()
    {
        Open().Add(_log.Ask(0));
        var path = Path.Combine(_folder.Path, "witness.json");
        var kept = File.ReadAllText(path);
        File.WriteAllText(path, kept.Replace("\"size\": 3", "\"size\": 2"));
        Assert.NotEqual(kept, File.ReadAllText(path));
        Assert.Throws<InvalidDataException>(Open);
        File.Delete(path);
        Assert.Throws<InvalidDataException>(Open);
        File.WriteAllText(path, kept);
        Assert.Equal(3, Open().SizeOf(_log.Key.Name));
    }

    [Fact]
    public void What_cannot_be_written_is_not_signed()
    {
        var store = new FullDisk();
        var witness = new Witness(Key, [_log.Key.Verifier], store, _clock);
        Assert.Throws<IOException>(() => witness.Add(_log.Ask(0)));
        Assert.Equal(0, witness.SizeOf(_log.Key.Name));
        store.IsFull = false;
        Assert.Equal(WitnessStatus.Cosigned, witness.Add(_log.Ask(0)).Status);
    }

    [Fact]
    public async Task Of_two_histories_at_once_one_is_signed()
    {
        var fork = _log.Fork();
        _log.Append("d");
        fork.Append("D");
        var witness = Open();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => (i % 2, witness.Add((i % 2 == 0 ? _log : fork).Ask(0)).Status))));
        Assert.Single(answers, a => a.Status == WitnessStatus.Cosigned);
    }

    public void Dispose() => _folder.Dispose();

    private Witness Open() => new(Key, [_log.Key.Verifier], _file, _clock);

    private long Time(WitnessAnswer answer) => Cosignature.Verify(answer.Cosignature!, Key.Verifier.As(KeyKind.Cosignature), _log.Head())!.Time;

    private static (WitnessStatus, long) Told(WitnessAnswer answer)
    {
        Assert.Equal(answer.Status == WitnessStatus.Cosigned, answer.Cosignature is not null);
        return (answer.Status, answer.Size);
    }

    private sealed class FullDisk : IWitnessStore
    {
        public bool IsFull { get; set; } = true;

        public IReadOnlyList<Witnessed> Read() => [];

        public void Write(IReadOnlyCollection<Witnessed> all)
        {
            if (IsFull)
                throw new IOException("No space left.");
        }
    }
}
