using System.Text.Json;

namespace Mesh.EndToEnd.Tests;

/// <summary>A real instruct model of another family, as three experts of one catalogue, beside a file that is none.</summary>
public sealed class SmolMesh() : MeshFixture("--Mesh:Sidecar=embedded", $"--Mesh:Models={Catalogue.Value}", "--Mesh:Ensemble:K=2")
{
    private static readonly string Model = Path.GetFullPath(Path.Combine(Checkout.Shared, "models", "smollm2-135m-instruct.Q4_1.gguf"));

    private static readonly Lazy<string> Catalogue = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("mesh-catalogue-").FullName;
        File.WriteAllText(Path.Combine(folder, "broken.gguf"), "this is no model");
        var path = Path.Combine(folder, "catalogue.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            experts = new object[]
            {
                new { name = "smol-1", path = Model, threads = 1, contextLength = 1024 },
                new { name = "smol-2", path = Model, threads = 1, contextLength = 1024 },
                new { name = "arithmetic", path = Path.Combine(Checkout.Root, "models", "arithmetic.gguf") },
                new { name = "broken", path = Path.Combine(folder, "broken.gguf") },
            },
        }));
        return path;
    });

    public override string? Missing => File.Exists(Model) ? null : "../shared/models is absent: no other model to test with.";

    protected override int ReadyExperts => 2;
}

public sealed class OtherModelsTests(SmolMesh mesh) : IClassFixture<SmolMesh>
{
    [SkippableFact]
    public async Task Two_experts_of_one_model_answer_together()
    {
        Skip.If(mesh.Missing is not null, mesh.Missing);
        Assert.Contains("Paris", await mesh.Router.AskAsync("What is the capital of France?"));
    }

    [SkippableFact]
    public async Task Those_that_cannot_take_part_are_refused_with_the_reason_and_the_mesh_runs_on()
    {
        Skip.If(mesh.Missing is not null, mesh.Missing);
        await MeshFixture.Eventually(async () => (await mesh.Router.ExpertsAsync()).Count(e => e.State == "refused") == 2, "two are refused", TimeSpan.FromMinutes(1));
        var experts = await mesh.Router.ExpertsAsync();
        Assert.Contains("tokenizer", experts.Single(e => e.Id == "arithmetic").Reason);
        Assert.Contains("GGUF", experts.Single(e => e.Id == "broken").Reason);
    }
}
