using System.Text.Json;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;

namespace Router.Api.Tests.Console.Governance;

/// <summary>What the browser writes is what the mesh's own code reads.</summary>
public sealed class NoteTests(Browser browser) : GovernanceTest(browser)
{
    [SkippableTheory]
    [InlineData("""{"b":1,"a":[true,null,{"z":0,"y":-0.0}],"":""}""")]
    [InlineData("""{"ä":1,"\u0080":2,"\ud83d\ude00":3,"דּ":4,"€":5,"\r":6}""")]
    [InlineData("""["\u0000\u001f\u007f\u2028\"\\/\b\t\n\f\r","</script>",333333333.33333329,1e30,4.5,2e-3,0.000000000000000000000000001,1e21,1e20,9007199254740993]""")]
    public async Task Canonical_JSON_is_the_same_in_both_languages(string json)
    {
        var page = await VisitAsync();
        var made = await page.EvaluateAsync<string>("""async json => (await import("/console/governance/canonical.js")).canonical(JSON.parse(json))""", json);
        Assert.Equal(CanonicalJson.Of(json), made);
    }

    [SkippableFact]
    public async Task What_has_no_canonical_form_is_refused()
    {
        var page = await VisitAsync();
        var refused = await page.EvaluateAsync<int>("""
            async () => { const { canonical } = await import("/console/governance/canonical.js");
              return ["\ud800", NaN, Infinity, undefined, () => 1, ["\udc00"], 1n].filter(value => { try { canonical(value); return false; } catch { return true; } }).length; }
            """);
        Assert.Equal(7, refused);
    }

    [SkippableFact]
    public async Task A_key_made_here_reads_as_a_verifier_key_and_cannot_be_taken_out()
    {
        var page = await VisitAsync();
        await page.GetByLabel("Your name in the mesh").FillAsync("alice");
        await Button(page, "Make a key").ClickAsync();
        var key = VerifierKey.Parse((await page.Locator("#vkey").TextContentAsync())!);
        Assert.Equal(("alice", KeyKind.Note), (key.Name, key.Kind));
        var isExtractable = await page.EvaluateAsync<bool>("""
            () => new Promise((done, fail) => { const opening = indexedDB.open("mesh"); opening.onerror = fail; opening.onsuccess = () => {
              const asked = opening.result.transaction("keys").objectStore("keys").get("member"); asked.onsuccess = () => done(asked.result.privateKey.extractable); }; })
            """);
        Assert.False(isExtractable);
    }

    [SkippableFact]
    public async Task A_note_with_a_signature_of_either_language_is_read_by_both()
    {
        var page = await VisitAsync();
        using var key = SigningKey.Create("bob");
        var note = SignedNote.Sign("mesh-vote/v1\n{\"a\":\"—\"}\n", key).ToString();
        var result = await page.EvaluateAsync<JsonElement>("""
            async ([note, vkey]) => { const { parse, sign, isSignedBy } = await import("/console/governance/note.js"); const { parseKey } = await import("/console/governance/vkey.js");
              const { create } = await import("/console/governance/keys.js"); const signer = await create("carol"); const key = await parseKey(vkey), read = parse(note);
              return { known: await isSignedBy(read, key), forged: await isSignedBy({ ...read, text: read.text.replace("a", "b") }, key), both: await sign(read.text, signer, read.signatures), carol: signer.key.text }; }
            """, new[] { note, key.Verifier.Text });
        Assert.True(result.GetProperty("known").GetBoolean());
        Assert.False(result.GetProperty("forged").GetBoolean());
        var both = SignedNote.Parse(result.GetProperty("both").GetString()!);
        Assert.True(both.IsSignedBy(key.Verifier));
        Assert.True(both.IsSignedBy(VerifierKey.Parse(result.GetProperty("carol").GetString()!)));
    }
}
