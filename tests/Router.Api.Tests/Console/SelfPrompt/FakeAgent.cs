using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Router.Api.Tests.Console.SelfPrompt;

/// <summary>The agent as the page sees it, on the router's own address: it answers what a test put into it.</summary>
internal sealed class FakeAgent
{
    private readonly Lock _lock = new();
    private readonly List<JsonObject> _runs = [];
    private readonly List<JsonObject> _report = [];

    public string Mesh { get; set; } = "running";
    public bool IsAway { get; set; }

    /// <summary>The kind of every run that was asked for; null: all of them.</summary>
    public ConcurrentQueue<string?> Asked { get; } = [];

    /// <summary>How many times the list of runs was asked for.</summary>
    public int Looks { get; private set; }

    /// <summary>A new run, newest of all.</summary>
    /// <returns>Its id.</returns>
    public string Begin(string? kind = "config_tuning")
    {
        lock (_lock)
        {
            var run = $"{_runs.Count:x32}";
            _runs.Insert(0, Object(new { run, status = "begin", is_over = false, begun = 1_790_000_000 + _runs.Count, steps = Array.Empty<object>() }));
            if (kind is not null)
                _runs[0]["kind"] = kind;
            Step(run, "begin", $"{kind ?? "all"}: begun by hand.");
            return run;
        }
    }

    public void Step(string run, string step, string summary, string? proposal = null)
    {
        lock (_lock)
        {
            var found = _runs.Single(r => r["run"]!.GetValue<string>() == run);
            var written = Object(new { index = found["steps"]!.AsArray().Count, step, summary, at = 1_790_000_100 });
            if (proposal is not null)
                (found["proposal"], written["proposal"]) = (proposal, proposal);
            found["steps"]!.AsArray().Add(written);
            found["status"] = step == "end" ? summary.Split(':')[0] : step;
            found["is_over"] = step == "end";
        }
    }

    /// <summary>Ends a run.</summary>
    public void End(string run, string outcome, object? promised = null, object? measured = null, bool? kept = null, string summary = "It is over.")
    {
        lock (_lock)
        {
            Step(run, "end", $"{outcome}: {summary}");
            var line = Object(new { run, kind = "config_tuning", begun = 1_790_000_000, outcome, summary });
            foreach (var (name, value) in new (string, object?)[] { ("promised", promised), ("measured", measured), ("kept", kept) })
                if (value is not null)
                    line[name] = JsonSerializer.SerializeToNode(value);
            _report.Insert(0, line);
        }
    }

    public static object Estimate(double gain, double low, double high, string metric = "perplexity", string unit = "nats a token") =>
        new { metric, unit, now = 3.1, with = 3.1 - gain, gain, low, high, samples = 48 };

    public void Map(WebApplication app)
    {
        var all = app.MapGroup("/selfprompt").AddEndpointFilter(async (context, next) => IsAway
            ? Results.Text("""{"error":{"message":"The self-prompt agent does not answer. The mesh answers on without it.","type":"server_error","param":null,"code":"selfprompt_unavailable"}}""", "application/json", Encoding.UTF8, 503)
            : await next(context)).ExcludeFromDescription();
        all.MapGet("/status", () => Results.Json(new
        {
            enabled = true, mesh = Mesh, member = "self", model = "mesh", endpoint = "the mesh", next_seconds = 5400.0, budget = new { calls = 200, tokens = 400_000, seconds = 1800.0 },
            open = Runs().Where(r => !r["is_over"]!.GetValue<bool>()).Select(r => r["run"]!.GetValue<string>()), kinds = new[] { "config_tuning" },
        }));
        all.MapGet("/runs", () =>
        {
            Looks++;
            return Json(new() { ["runs"] = new JsonArray([.. Runs()]) });
        });
        all.MapGet("/report", () =>
        {
            lock (_lock)
                return Json(new() { ["runs"] = new JsonArray([.. _report.Select(r => r.DeepClone())]) });
        });
        all.MapPost("/runs", async (HttpRequest request) =>
        {
            var kind = (await JsonDocument.ParseAsync(request.Body)).RootElement.TryGetProperty("kind", out var asked) ? asked.GetString() : null;
            if (Mesh == "halted")
                return Results.Problem("The mesh is halted.", statusCode: 503, extensions: new Dictionary<string, object?> { ["code"] = "mesh_halted" });
            Asked.Enqueue(kind);
            return Json(Object(new { run = Begin(kind), preview = "Look for what could be better." }), 202);
        });
    }

    private JsonObject[] Runs()
    {
        lock (_lock)
            return [.. _runs.Select(r => r.DeepClone().AsObject())];
    }

    private static JsonObject Object(object value) => JsonSerializer.SerializeToNode(value)!.AsObject();

    private static IResult Json(JsonObject node, int status = 200) => Results.Text(node.ToJsonString(), "application/json", Encoding.UTF8, status);
}
