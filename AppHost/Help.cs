namespace AppHost;

internal static class Help
{
    public const string Text = """
        Starts the mesh on this machine: router, two workers, governance, the agent that improves the mesh, Dapr sidecars.

          dotnet run --project AppHost [-- settings]

        Settings are environment variables (Mesh__Port=9000) or arguments (--Mesh:Port=9000):
          Mesh__Port        port of the router on 127.0.0.1; default 8080
          Mesh__GrpcPort    port of the router's gRPC service; default: a free one, which the dashboard shows
          Mesh__Models      GGUF files, folders of them or catalogue files, separated by ';'; default models/
          Mesh__GateFile    trained gate (mesh train gate); default gate.json beside the default models
          Mesh__Sidecar     embedded or daprd; default: daprd where it is found (DAPRD, PATH, ~/.dapr/bin)
          Mesh__Transport   direct or actor: how tokens travel between router and workers; default direct
          Mesh__Data        folder for everything kept; default .mesh
          Mesh__Deterministic   true: the same request gets the same tokens whatever else runs; slower
          Mesh__ApiKeysFile     callers must show a key of this file: dotnet run --project Router.Api -- keys add NAME
          Mesh__Governance__Enabled   false: nobody governs, as before there was governance; default true
          Mesh__Governance__OnLeaseLost   readonly or halt: what routers do without a quorum; default readonly
          Mesh__SelfPrompt__Enabled   false: the mesh does not look for what it could do better; default true where it is governed
          Mesh__SelfPrompt__Interval   between two such looks, as 01:00:00; 00:00:00: by hand alone (mesh selfprompt run)
          Mesh__SelfPrompt__Endpoint, __Model, __ApiKey   another OpenAI-compatible model that words proposals; default: the mesh itself
          Mesh__Ensemble__K, __Gate (learned, evidence, uniform), __Mix (arithmetic, geometric), __OverSelection, __Speculation
          ASPNETCORE_URLS   loopback address of the dashboard; default: a free port, printed with the token that opens it

        Ctrl-C, SIGTERM or the end of the terminal stop everything in order; a second Ctrl-C waits for nothing.
        """;
}
