using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;
using YamlDotNet.RepresentationModel;

namespace Dapr.Conformance.Tests.Components;

/// <summary>Every file in components/.</summary>
public sealed class ComponentSetTests
{
    private static readonly string Root = Path.Combine(Checkout.Root, "components");

    /// <summary>The types in use with the metadata that Dapr's components-contrib gives them; those marked with ! are secret, those with * required.</summary>
    private static readonly Dictionary<string, string> Known = new()
    {
        ["state.sqlite/v1"] = "connectionString* tableName metadataTableName timeout cleanupInterval busyTimeout disableWAL actorStateStore",
        ["state.redis/v1"] = "redisHost* redisPassword! redisUsername enableTLS redisDB keyPrefix ttlInSeconds actorStateStore",
        ["state.postgresql/v2"] = "connectionString*! tablePrefix metadataTableName timeout cleanupInterval maxConns connectionMaxIdleTime queryExecMode keyPrefix actorStateStore",
        ["state.azure.cosmosdb/v1"] = "url* database* collection* masterKey! contentType keyPrefix azureTenantId azureClientId azureClientSecret! actorStateStore",
        ["pubsub.in-memory/v1"] = "",
        ["pubsub.redis/v1"] = "redisHost* redisPassword! redisUsername enableTLS consumerID redeliverInterval processingTimeout queueDepth concurrency maxLenApprox",
        ["pubsub.azure.servicebus.topics/v1"] = "namespaceName* connectionString! consumerID azureTenantId azureClientId azureClientSecret! maxActiveMessages maxConcurrentHandlers maxDeliveryCount lockDurationInSec",
        ["secretstores.local.env/v1"] = "prefix",
        ["secretstores.azure.keyvault/v1"] = "vaultName* azureEnvironment azureTenantId azureClientId azureClientSecret!",
        ["bindings.azure.blobstorage/v1"] = "accountName* containerName* accountKey! endpoint azureEnvironment azureTenantId azureClientId azureClientSecret!",
    };

    public static TheoryData<string> Files() => new(Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f)).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Files))]
    public void A_component_is_of_a_known_type_names_known_metadata_and_holds_no_secret(string file)
    {
        var root = Read(Path.Combine(Root, file));
        Assert.Equal(("dapr.io/v1alpha1", "Component"), (Text(root["apiVersion"]), Text(root["kind"])));
        var spec = (YamlMappingNode)root["spec"];
        var type = $"{Text(spec["type"])}/{Text(spec["version"])}";
        Assert.True(Known.TryGetValue(type, out var known), $"{file}: {type} is not known here; look it up in components-contrib and add it.");
        var fields = known.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var items = ((YamlSequenceNode)spec["metadata"]).Cast<YamlMappingNode>().ToDictionary(i => Text(i["name"]));
        Assert.Empty(items.Keys.Except(fields.Select(f => f.Trim('*', '!'))));
        Assert.Empty(fields.Where(f => f.Contains('*')).Select(f => f.Trim('*', '!')).Except(items.Keys));
        foreach (var (name, item) in items)
        {
            if (fields.Any(f => f.Contains('!') && f.Trim('*', '!') == name))
                Assert.True(item.Children.ContainsKey("secretKeyRef") && !item.Children.ContainsKey("value"), $"{file}: {name} is a secret and belongs into a secret store.");
            if (item.Children.ContainsKey("secretKeyRef"))
                Assert.Contains(Text(((YamlMappingNode)root["auth"])["secretStore"]), Directory.GetFiles(Path.GetDirectoryName(Path.Combine(Root, file))!).Select(f => Text(((YamlMappingNode)Read(f)["metadata"])["name"])));
        }
    }

    /// <summary>Services know these names and nothing else of a set.</summary>
    [Fact]
    public void Every_set_has_the_components_that_services_name()
    {
        var sets = Directory.GetDirectories(Root);
        Assert.Equal(["azure", "local", "postgres", "redis"], sets.Select(s => Path.GetFileName(s)!).Order());
        Assert.All(sets, set => Assert.Subset(Directory.GetFiles(set).Select(f => Text(((YamlMappingNode)Read(f)["metadata"])["name"])).ToHashSet(), new HashSet<string> { "statestore", "pubsub" }));
    }

    /// <summary>Without an account nothing can be stored there, but daprd says whether it knows the types and accepts the metadata: the managed identity's sign-in is what fails.</summary>
    [SkippableFact]
    public async Task Daprd_knows_the_azure_set()
    {
        Skip.If(Kind.Daprd.Missing is not null, Kind.Daprd.Missing);
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["components"]);
        var files = Directory.GetFiles(Path.Combine(Root, "azure"));
        foreach (var file in files)
            File.WriteAllText(Path.Combine(folder["components"], Path.GetFileName(file)), System.Text.RegularExpressions.Regex.Replace(
                File.ReadAllText(file).Split("scopes:")[0].Replace("  version: v1", "  version: v1\n  ignoreErrors: true\n  initTimeout: 2s"), @"\{AZURE_\w+\}", "name"));
        var ports = Ports.Take(3);
        var daprd = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin", "daprd");
        await using var child = new Child(daprd,
            ["--app-id", "azure", "--dapr-http-port", $"{ports[0]}", "--dapr-grpc-port", $"{ports[1]}", "--dapr-internal-grpc-port", $"{ports[2]}", "--dapr-listen-addresses", "127.0.0.1",
             "--resources-path", folder["components"], "--enable-metrics=false", "--placement-host-address", "", "--scheduler-host-address", ""], folder["log"], ("DAPR_HOST_IP", "127.0.0.1"));
        await Eventually.HoldsAsync(() => child.Log.Contains("All outstanding components processed", StringComparison.Ordinal), "all components are processed");
        Assert.DoesNotContain("couldn't find", child.Log);
        var lines = child.Log.Split('\n');
        foreach (var root in files.Select(Read))
        {
            var component = $"{Text(((YamlMappingNode)root["metadata"])["name"])} ({Text(((YamlMappingNode)root["spec"])["type"])}/v1)";
            Assert.Contains(lines, l => l.Contains($"Component loaded: {component}", StringComparison.Ordinal)
                || (l.Contains($"Failed to init component {component}", StringComparison.Ordinal) && l.Contains("TokenCredential authentication failed", StringComparison.Ordinal)));
        }
    }

    private static YamlMappingNode Read(string file)
    {
        using var text = File.OpenText(file);
        var yaml = new YamlStream();
        yaml.Load(text);
        return (YamlMappingNode)Assert.Single(yaml.Documents).RootNode;
    }

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;
}
