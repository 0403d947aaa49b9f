using Mesh.Chorus.Witnesses;

namespace Mesh.Chorus.Tests.Witnesses;

public sealed class AddCheckpointTests
{
    /// <summary>The example of C2SP tlog-witness, with one signature of the log.</summary>
    private const string Example =
        "old 20852014\n" +
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" +
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n" +
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n" +
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n" +
        "\n" +
        "example.com/behind-the-sofa\n" +
        "20852163\n" +
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n" +
        "\n" +
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

    [Fact]
    public void The_example_of_the_standard()
    {
        var asked = AddCheckpoint.Parse(Example);
        Assert.Equal((20852014, 4, "example.com/behind-the-sofa", 20852163), (asked.OldSize, asked.Proof.Count, asked.Checkpoint.Checkpoint.Origin, asked.Checkpoint.Checkpoint.Size));
        Assert.Equal(Example, asked.ToString());
        var first = new TestLog().Append("a").Ask(0).ToString();
        Assert.Equal(first, AddCheckpoint.Parse(first).ToString());
    }

    [Theory]
    [InlineData("old 20852014\n", "")]
    [InlineData("old 20852014", "old 020852014")]
    [InlineData("old 20852014", "old -1")]
    [InlineData("old 20852014", "old 9223372036854775808")]
    [InlineData("old 20852014", "new 20852014")]
    [InlineData("PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=", "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpka==")]
    [InlineData("PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=", "")]
    [InlineData("\nexample.com/behind-the-sofa\n20852163", "example.com/behind-the-sofa\n20852163")]
    [InlineData("20852163\n", "020852163\n")]
    [InlineData("OAYQ8=\n", "OAYQ8=")]
    public void What_is_no_such_body_is_refused(string old, string with)
    {
        var body = Example.Replace(old, with);
        Assert.NotEqual(Example, body);
        Assert.Throws<FormatException>(() => AddCheckpoint.Parse(body));
    }

    [Fact]
    public void A_proof_of_64_lines_is_refused()
    {
        var line = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
        Assert.Throws<FormatException>(() => AddCheckpoint.Parse(Example.Replace(line, string.Concat(Enumerable.Repeat(line, 61)))));
        Assert.Equal(63, AddCheckpoint.Parse(Example.Replace(line, string.Concat(Enumerable.Repeat(line, 60)))).Proof.Count);
    }
}
