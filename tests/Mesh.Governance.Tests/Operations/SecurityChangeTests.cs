using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;

namespace Mesh.Governance.Tests.Operations;

public sealed class SecurityChangeTests
{
    private MeshConfiguration _now = People.Configuration;

    [Fact]
    public void A_key_is_revoked_once_and_restored()
    {
        Apply(new RevokeApiKey("ann", "It leaked."));
        Assert.True(_now.Security!.IsRevoked("ann"));
        Assert.False(_now.Security.IsRevoked("Ann"));
        Assert.Contains("revoked already", Assert.Throws<ActRefusedException>(() => Apply(new RevokeApiKey("ann", "Again."))).Message);
        Apply(new RestoreApiKey("ann"));
        Assert.Null(_now.Security);   // as if there had never been one: the same configuration has one form
    }

    [Fact]
    public void A_limit_of_ones_own_is_over_that_of_all_others()
    {
        Apply(new SetRateLimit(60));
        Apply(new SetRateLimit(5, "ann"));
        Assert.Equal((5, 60, 60), (_now.Security!.RateLimitOf("ann"), _now.Security.RateLimitOf("ben"), _now.Security.RateLimitOf(null)));
        Apply(new SetRateLimit(7, "ann"));
        Assert.Equal(new KeyRateLimit("ann", 7), Assert.Single(_now.Security.RateLimits));
        Apply(new SetRateLimit(0));
        Assert.Equal((7, null), (_now.Security.RateLimitOf("ann"), _now.Security.RateLimitOf("ben")));
        Apply(new SetRateLimit(0, "ann"));
        Assert.Null(_now.Security);
    }

    [Fact]
    public void There_is_an_end_to_the_lists()
    {
        for (var i = 0; i < SecuritySettings.MostKeys; i++)
            Apply(new RevokeApiKey($"key-{i}", "It leaked."));
        Assert.Contains("At most 256", Assert.Throws<ActRefusedException>(() => Apply(new RevokeApiKey("one-more", "It leaked."))).Message);
    }

    [Fact]
    public void The_change_and_whom_it_reaches_are_said()
    {
        Apply(new RevokeApiKey("ann", "It leaked."));
        var change = Change.Of(new RevokeApiKey("ben", "It too."), _now);
        Assert.Equal(["security.revoked_keys.ben"], change.Diff.Select(d => d.Path));
        Assert.Contains("'ben'", change.BlastRadius.Text);
        Assert.Equal(0, change.BlastRadius.SessionsShare);
    }

    /// <summary>The change is beside what is tried, and does not end it.</summary>
    [Fact]
    public void A_canary_goes_on()
    {
        var trying = _now with { Canary = new(0.1, new('a', 64), _now.Routing with { Phase = 1 }) };
        Assert.Equal(trying.Canary, Change.Of(new SetRateLimit(60), trying).After.Canary);
    }

    private void Apply(Operation operation) => _now = Change.Of(operation, _now).After;
}
