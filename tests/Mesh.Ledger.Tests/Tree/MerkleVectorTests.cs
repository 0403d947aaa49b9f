using System.Text.Json;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tests.Tree;

/// <summary>The vectors of Certificate Transparency's reference tree: eight leaves, their hashes, roots, and proofs that hold or must be refused (vectors.json; transparency-dev/merkle, Apache 2.0).</summary>
public sealed class MerkleVectorTests
{
    private static readonly byte[][] Leaves =
        [.. new[] { "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" }.Select(Convert.FromHexString)];

    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Tree", "vectors.json"))).RootElement;

    public static TheoryData<string> Inclusions => [.. Names("inclusion")];

    public static TheoryData<string> Consistencies => [.. Names("consistency")];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Roots(int size, string root) => Assert.Equal(root, MerkleTree.Root([.. Leaves.Take(size).Select(l => MerkleTree.Leaf(l))]).Hex);

    [Theory]
    [MemberData(nameof(Inclusions))]
    public void Inclusion_proofs_hold_or_are_refused(string name)
    {
        var vector = Find("inclusion", name);
        // An index beyond 2^63 is one that no parser of ours lets through.
        var isIncluded = vector.GetProperty("leafIdx").TryGetInt64(out var index) && vector.GetProperty("treeSize").TryGetInt64(out var size)
            && MerkleProofs.IsIncluded(ReadHash(vector, "leafHash"), index, size, ReadPath(vector), ReadHash(vector, "root"));
        Assert.Equal(!vector.GetProperty("wantErr").GetBoolean(), isIncluded);
    }

    [Theory]
    [MemberData(nameof(Consistencies))]
    public void Consistency_proofs_hold_or_are_refused(string name)
    {
        var vector = Find("consistency", name);
        var isConsistent = vector.GetProperty("size1").TryGetInt64(out var oldSize) && vector.GetProperty("size2").TryGetInt64(out var size)
            && MerkleProofs.IsConsistent(oldSize, ReadHash(vector, "root1"), size, ReadHash(vector, "root2"), ReadPath(vector));
        // The reference refuses to compare with an empty tree; C2SP tlog-witness has every tree begin with it.
        var isWanted = !vector.GetProperty("wantErr").GetBoolean() || name == "consistency/additional/size1-is-zero-and-size2-is-not-zero";
        Assert.Equal(isWanted, isConsistent);
    }

    /// <summary>The proofs that hold are exactly those that we make.</summary>
    [Fact]
    public void Proofs_of_the_reference_tree_are_made_the_same()
    {
        Hash[] leaves = [.. Leaves.Select(l => MerkleTree.Leaf(l))];
        var tree = new Reference(leaves);
        var made = 0;
        foreach (var vector in Vectors.GetProperty("inclusion").EnumerateArray().Where(v => IsOfTheTree(v, leaves.Length, "treeSize")))
        {
            Assert.Equal(ReadPath(vector), tree.Hashes(MerkleTree.InclusionPath(vector.GetProperty("leafIdx").GetInt64(), vector.GetProperty("treeSize").GetInt64())));
            made++;
        }
        foreach (var vector in Vectors.GetProperty("consistency").EnumerateArray().Where(v => IsOfTheTree(v, leaves.Length, "size2")))
        {
            Assert.Equal(ReadPath(vector), tree.Hashes(MerkleTree.ConsistencyPath(vector.GetProperty("size1").GetInt64(), vector.GetProperty("size2").GetInt64())));
            made++;
        }
        Assert.Equal(8, made);
    }

    private static bool IsOfTheTree(JsonElement vector, int most, string size) =>
        !vector.GetProperty("wantErr").GetBoolean() && vector.GetProperty(size).GetInt64() is > 1 and var n && n <= most;

    private static IEnumerable<string> Names(string kind) => Vectors.GetProperty(kind).EnumerateArray().Select(v => v.GetProperty("desc").GetString()!);

    private static JsonElement Find(string kind, string name) => Vectors.GetProperty(kind).EnumerateArray().Single(v => v.GetProperty("desc").GetString() == name);

    /// <summary>Some vectors have roots that are no hashes; any other 32 bytes stand for those. What is empty equals nothing.</summary>
    private static Hash ReadHash(string text)
    {
        var bytes = Convert.FromBase64String(text);
        return bytes.Length == Hash.Bytes ? new(bytes) : MerkleTree.Leaf(bytes.Length == 0 ? Guid.NewGuid().ToByteArray() : bytes);
    }

    private static Hash ReadHash(JsonElement vector, string name) => ReadHash(vector.GetProperty(name).GetString()!);

    private static Hash[] ReadPath(JsonElement vector) => [.. vector.GetProperty("proof").EnumerateArray().Select(p => ReadHash(p.GetString()!))];
}
